#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deeper {

// Conversions between file names, which are bytes, and JSON, which is UTF-8.

// Whether the bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool IsUtf8(std::string_view bytes);

// `bytes`, with U+FFFD for every byte that is no part of a UTF-8 character. For people. Valid UTF-8
// stays unchanged.
std::string WithoutInvalidUtf8(std::string_view bytes);

// Two lower-case hexadecimal digits per byte.
std::string HexOf(std::string_view bytes);
// The bytes that these digits, of either case, spell. Nothing unless they are pairs of hexadecimal
// digits.
std::optional<std::string> BytesOfHex(std::string_view digits);

}  // namespace deeper
