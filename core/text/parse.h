#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace deeper {

// The number that the whole of `text` spells, in the C locale; nothing for an empty text, trailing
// characters ("12abc"), a number out of range, "nan" or "inf".
std::optional<double> ParseDouble(std::string_view text);
std::optional<std::int64_t> ParseInt(std::string_view text);

}  // namespace deeper
