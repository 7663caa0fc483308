#include "core/text/lower.h"

#include <algorithm>
#include <cctype>

namespace deeper {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(
      lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

}  // namespace deeper
