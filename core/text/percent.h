#pragma once

#include <string>
#include <string_view>

namespace deeper {

// `text` with each %XY as the byte of these hexadecimal digits, as URLs write names. "%" before
// anything else stays, and so does "%00".
std::string PercentDecoded(std::string_view text);

}  // namespace deeper
