#pragma once

#include <string>
#include <string_view>

namespace deeper {

// The text with the letters A to Z small.
std::string Lower(std::string_view text);

}  // namespace deeper
