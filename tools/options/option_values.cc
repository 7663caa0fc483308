#include "tools/options/option_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace deeper::tools {

void CheckRange(const char* option, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw UsageError(
      fmt::format("--{} is {}, expected a number from {} to {}", option, value, low, high));
}

std::vector<std::string> SplitAtCommas(const char* option, const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin)
      throw UsageError(fmt::format("--{} has an empty entry in '{}'", option, text));
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace deeper::tools
