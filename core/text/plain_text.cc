#include "core/text/plain_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/error.h"

namespace deeper {
namespace {

using namespace std::string_view_literals;

enum class ByteOrder { kLittle, kBig };

// Appends a code point below U+110000.
void AppendUtf8(std::uint32_t point, std::string& text) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xC0U | point >> 6U);
  } else {
    if (point < 0x10000) {
      add(0xE0U | point >> 12U);
    } else {
      add(0xF0U | point >> 18U);
      add(0x80U | (point >> 12U & 0x3FU));
    }
    add(0x80U | (point >> 6U & 0x3FU));
  }
  add(0x80U | (point & 0x3FU));
}

std::string FromUtf16(std::string_view bytes, ByteOrder order, const std::string& source) {
  const auto unit = [&](std::size_t i) {
    const auto first = static_cast<std::uint8_t>(bytes[i]);
    const auto second = static_cast<std::uint8_t>(bytes[i + 1]);
    return order == ByteOrder::kLittle ? std::uint32_t{second} << 8U | first
                                       : std::uint32_t{first} << 8U | second;
  };
  const auto fail = [&](std::size_t at) {
    throw Error(source + ": expected text, found UTF-16 that is cut or broken at byte " +
                std::to_string(at) + "; convert it to UTF-8 with iconv");
  };
  if (bytes.size() % 2 != 0) fail(bytes.size());
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    std::uint32_t point = unit(i);
    if (point >= 0xD800 && point < 0xE000) {  // a pair: 10 bits in each half
      if (point >= 0xDC00 || i + 4 > bytes.size()) fail(i);
      const std::uint32_t low = unit(i + 2);
      if (low < 0xDC00 || low >= 0xE000) fail(i);
      point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
      i += 2;
    }
    AppendUtf8(point, text);
  }
  return text;
}

// Of a text without a byte order mark: which byte of each of the first pairs is NUL, if it is
// always the same one.
std::optional<ByteOrder> OrderWithoutMark(std::string_view bytes) {
  constexpr std::size_t kExamined = 64;
  constexpr std::size_t kFewest = 4;
  const std::size_t count = std::min(bytes.size() / 2 * 2, kExamined);
  if (count < kFewest) return std::nullopt;
  bool little = true;
  bool big = true;
  for (std::size_t i = 0; i < count; i += 2) {
    const bool first = bytes[i] == '\0';
    const bool second = bytes[i + 1] == '\0';
    little = little && !first && second;
    big = big && first && !second;
  }
  if (little) return ByteOrder::kLittle;
  return big ? std::optional(ByteOrder::kBig) : std::nullopt;
}

}  // namespace

std::string PlainText(std::string bytes, const std::string& source) {
  const std::string_view view = bytes;
  if (view.starts_with("\xFF\xFE\0\0"sv) || view.starts_with("\0\0\xFE\xFF"sv)) {
    throw Error(source + ": expected text in UTF-8, found UTF-32; convert it with iconv");
  }
  if (view.starts_with("\xFF\xFE")) {
    bytes = FromUtf16(view.substr(2), ByteOrder::kLittle, source);
  } else if (view.starts_with("\xFE\xFF")) {
    bytes = FromUtf16(view.substr(2), ByteOrder::kBig, source);
  } else if (const auto order = OrderWithoutMark(view)) {
    bytes = FromUtf16(view, *order, source);
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  if (bytes.find('\n') == std::string::npos) std::ranges::replace(bytes, '\r', '\n');
  if (const std::size_t nul = bytes.find('\0'); nul != std::string::npos) {
    const auto lines = std::count(bytes.begin(), bytes.begin() + static_cast<long>(nul), '\n');
    throw Error(source + ":" + std::to_string(lines + 1) +
                ": expected text, found a NUL byte; is this a binary file, or was it damaged?");
  }
  return bytes;
}

}  // namespace deeper
