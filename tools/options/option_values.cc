#include "tools/options/option_values.h"

#include <fmt/format.h>

namespace deeper::tools {

void CheckRange(const char* option, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw UsageError(
      fmt::format("--{} is {}, expected a number from {} to {}", option, value, low, high));
}

std::vector<std::string> SplitAtCommas(const char* option, const std::string& text) {
  std::vector<std::string> parts(1);
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (std::string& part : parts) {
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    if (part.empty())
      throw UsageError(fmt::format("--{} has an empty entry in '{}'", option, text));
  }
  return parts;
}

}  // namespace deeper::tools
