#include "eval/inspection/alike_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "core/text/lower.h"
#include "core/text/nearest_name.h"

namespace deeper {
namespace {

// U+00C0 to U+00FF without their accents. "?" stands for what is no accented letter, which stays.
constexpr std::string_view kLatin1Letters =
    "aaaaaa?ceeeeiiii?nooooo?ouuuuy??aaaaaa?ceeeeiiii?nooooo?ouuuuy?y";

// Letters that look like Latin ones, as UTF-8.
struct Twin {
  std::string_view letter;
  char latin;
};
constexpr std::array kTwins = {
    // Cyrillic
    Twin{"\u0430", 'a'},
    Twin{"\u0435", 'e'},
    Twin{"\u043E", 'o'},
    Twin{"\u0440", 'p'},
    Twin{"\u0441", 'c'},
    Twin{"\u0443", 'y'},
    Twin{"\u0445", 'x'},
    Twin{"\u0455", 's'},
    Twin{"\u0456", 'i'},
    Twin{"\u0458", 'j'},
    Twin{"\u0410", 'a'},
    Twin{"\u0412", 'b'},
    Twin{"\u0415", 'e'},
    Twin{"\u0406", 'i'},
    Twin{"\u041A", 'k'},
    Twin{"\u041C", 'm'},
    Twin{"\u041D", 'h'},
    Twin{"\u041E", 'o'},
    Twin{"\u0420", 'p'},
    Twin{"\u0421", 'c'},
    Twin{"\u0422", 't'},
    Twin{"\u0423", 'y'},
    Twin{"\u0425", 'x'},
    // Greek
    Twin{"\u03BF", 'o'},
    Twin{"\u0391", 'a'},
    Twin{"\u0392", 'b'},
    Twin{"\u0395", 'e'},
    Twin{"\u0396", 'z'},
    Twin{"\u0397", 'h'},
    Twin{"\u0399", 'i'},
    Twin{"\u039A", 'k'},
    Twin{"\u039C", 'm'},
    Twin{"\u039D", 'n'},
    Twin{"\u039F", 'o'},
    Twin{"\u03A1", 'p'},
    Twin{"\u03A4", 't'},
    Twin{"\u03A5", 'y'},
    Twin{"\u03A7", 'x'}};

std::uint8_t ByteAt(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

// Appends what the character at the front looks like. Returns its number of bytes.
std::size_t AppendLook(std::string_view text, std::string& looks) {
  constexpr std::string_view kOverlooked = " \t_-./'";
  const std::uint8_t first = ByteAt(text, 0);
  if (first < 0x80) {
    if (kOverlooked.find(text[0]) == std::string_view::npos) looks += text[0];
    return 1;
  }
  if (text.size() >= 2) {
    const std::uint8_t second = ByteAt(text, 1);
    const std::string_view two = text.substr(0, 2);
    if (two == "\u00A0") return 2;
    const bool is_mark =
        (first == 0xCC && second >= 0x80) || (first == 0xCD && second <= 0xAF);  // U+0300 .. U+036F
    if (is_mark) return 2;
    if (first == 0xC3 && second >= 0x80 && second <= 0xBF &&
        kLatin1Letters[second - 0x80U] != '?') {
      looks += kLatin1Letters[second - 0x80U];
      return 2;
    }
    const auto twin = std::ranges::find(kTwins, two, &Twin::letter);
    if (twin != kTwins.end()) {
      looks += twin->latin;
      return 2;
    }
  }
  if (text.size() >= 3 && first == 0xEF) {  // U+FF01 .. U+FF5E: '!' .. '~' in full width
    const unsigned code = (ByteAt(text, 1) & 0x3FU) << 6U | (ByteAt(text, 2) & 0x3FU);
    if (code >= 0xF01 && code <= 0xF5E) {
      AppendLook(std::string(1, static_cast<char>(code - 0xF01 + '!')), looks);
      return 3;
    }
  }
  looks += text[0];
  return 1;
}

std::string DigitsOf(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(
      text, std::back_inserter(digits), [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits;
}

bool AreAlike(std::string_view a, std::string_view b) {
  constexpr std::size_t kLongEnough = 6;
  if (a == b) return true;
  const auto [shorter, longer] = a.size() < b.size() ? std::pair(a, b) : std::pair(b, a);
  if (longer.size() - shorter.size() > 2 || DigitsOf(a) != DigitsOf(b)) return false;
  if (longer.starts_with(shorter)) {
    const std::string_view rest = longer.substr(shorter.size());
    if (rest == "s" || rest == "es") return true;
  }
  return shorter.size() >= kLongEnough && EditDistance(a, b) == 1;
}

}  // namespace

std::string LooksOf(std::string_view name) {
  std::string looks;
  while (!name.empty()) name.remove_prefix(AppendLook(name, looks));
  return Lower(looks);
}

std::vector<std::pair<std::string, std::string>> FindAlikeNames(
    const std::vector<std::string>& names) {
  std::vector<std::string> looks;
  looks.reserve(names.size());
  for (const std::string& name : names) looks.push_back(LooksOf(name));
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = i + 1; j < names.size(); ++j) {
      if (AreAlike(looks[i], looks[j])) pairs.emplace_back(names[i], names[j]);
    }
  }
  return pairs;
}

}  // namespace deeper
