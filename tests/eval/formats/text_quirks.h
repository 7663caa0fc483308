#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace deeper::test {

// Text in UTF-16 with a byte order mark. Expects UTF-8 of the basic plane.
inline std::string Utf16(const std::string& text, bool big_endian) {
  std::string wide = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  const auto put = [&](std::uint32_t unit) {
    const char high = static_cast<char>(unit >> 8U);
    const char low = static_cast<char>(unit & 0xFFU);
    wide += big_endian ? high : low;
    wide += big_endian ? low : high;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = [&] { return static_cast<unsigned char>(text[++i]) & 0x3FU; };
    if (byte >= 0xE0) {
      const std::uint32_t high = (byte & 0x0FU) << 12U;
      const std::uint32_t middle = next() << 6U;
      put(high | middle | next());
    } else if (byte >= 0xC0) {
      const std::uint32_t high = (byte & 0x1FU) << 6U;
      put(high | next());
    } else {
      put(byte);
    }
  }
  return wide;
}

inline std::string WithWindowsLines(const std::string& text) {
  std::string changed;
  for (const char c : text) {
    if (c == '\n' && !changed.ends_with('\r')) changed += '\r';
    changed += c;
  }
  return changed;
}

}  // namespace deeper::test
