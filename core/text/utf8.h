#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deeper {

// Names of files are bytes, JSON is UTF-8: what it takes to bring the one into the other.

// Whether the bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool IsUtf8(std::string_view bytes);

// `bytes` with every byte that is no part of a UTF-8 character replaced by U+FFFD. For people;
// UTF-8 comes back unchanged.
std::string WithoutInvalidUtf8(std::string_view bytes);

// Two lower-case hexadecimal digits a byte.
std::string HexOf(std::string_view bytes);
// The bytes that digits of either case spell; nothing unless they are pairs of hexadecimal digits.
std::optional<std::string> BytesOfHex(std::string_view digits);

}  // namespace deeper
