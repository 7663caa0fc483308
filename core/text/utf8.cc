#include "core/text/utf8.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace deeper {
namespace {

// A row of RFC 3629's table of well-formed byte sequences: the first byte's range, the second's,
// and how many bytes there are. Those after the second are 80..BF.
struct Sequence {
  std::uint8_t first_from, first_to, second_from, second_to;
  std::size_t length;
};
constexpr std::array<Sequence, 9> kSequences = {{
    {0x00, 0x7F, 0x00, 0xFF, 1},
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
}};

bool Starts(std::string_view bytes, const Sequence& sequence) {
  if (bytes.size() < sequence.length) return false;
  const auto in = [&](std::size_t i, std::uint8_t from, std::uint8_t to) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    return from <= byte && byte <= to;
  };
  if (!in(0, sequence.first_from, sequence.first_to)) return false;
  if (sequence.length > 1 && !in(1, sequence.second_from, sequence.second_to)) return false;
  for (std::size_t i = 2; i < sequence.length; ++i) {
    if (!in(i, 0x80, 0xBF)) return false;
  }
  return true;
}

// Number of bytes of the character at the start of `bytes`; 0 when there is none.
std::size_t CharacterLength(std::string_view bytes) {
  for (const Sequence& sequence : kSequences) {
    if (Starts(bytes, sequence)) return sequence.length;
  }
  return 0;
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = CharacterLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string WithoutInvalidUtf8(std::string_view bytes) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = CharacterLength(bytes);
    text += length == 0 ? kReplacement : bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::string HexOf(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    digits += kDigits[byte >> 4U];
    digits += kDigits[byte & 15U];
  }
  return digits;
}

std::optional<std::string> BytesOfHex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    std::uint8_t byte = 0;
    const char* pair = digits.data() + i;
    const auto [stop, status] = std::from_chars(pair, pair + 2, byte, 16);
    if (status != std::errc() || stop != pair + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace deeper
