#include "eval/formats/reading/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>

#include "core/text/lower.h"
#include "core/text/parse.h"
#include "core/text/utf8.h"

namespace deeper {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

}  // namespace

std::string_view Trimmed(std::string_view text) {
  for (std::size_t before = text.size() + 1; text.size() != before;) {
    before = text.size();
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
    if (text.starts_with(kNoBreakSpace)) text.remove_prefix(kNoBreakSpace.size());
    if (text.ends_with(kNoBreakSpace)) text.remove_suffix(kNoBreakSpace.size());
  }
  return text;
}

std::string_view Unquoted(std::string_view text) {
  text = Trimmed(text);
  const bool is_quoted = text.size() >= 2 && text.front() == text.back() &&
                         (text.front() == '"' || text.front() == '\'');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

std::optional<bool> YesNoOf(std::string_view text) {
  constexpr std::array<std::string_view, 5> kYes = {"true", "t", "yes", "y", "on"};
  constexpr std::array<std::string_view, 8> kNo = {
      "", "false", "f", "no", "n", "off", "none", "null"};
  const std::string word = Lower(Unquoted(text));
  if (std::ranges::find(kYes, word) != kYes.end()) return true;
  if (std::ranges::find(kNo, word) != kNo.end()) return false;
  const std::optional<double> number = ParseDouble(word);
  if (number == 1) return true;
  return number == 0 ? std::optional(false) : std::nullopt;
}

bool FlagOf(std::string_view text,
            std::string_view field,
            const std::string& where,
            std::vector<Warning>& warnings) {
  constexpr std::size_t kShown = 40;
  const std::optional<bool> flag = YesNoOf(text);
  if (!flag) {
    warnings.push_back({.where = where,
                        .reason = fmt::format("'{}' is '{}', neither yes nor no: taken as no",
                                              field,
                                              WithoutInvalidUtf8(Trimmed(text).substr(0, kShown))),
                        .loses = false});
  }
  return flag.value_or(false);
}

std::optional<double> NumberOf(std::string_view text) { return ParseDouble(Unquoted(text)); }

std::optional<std::int64_t> WholeNumberOf(std::string_view text) {
  const std::string_view word = Unquoted(text);
  if (const auto whole = ParseInt(word)) return whole;
  constexpr double kExact = 9007199254740992;  // 2^53: larger doubles are all whole
  const std::optional<double> number = ParseDouble(word);
  if (!number || std::abs(*number) > kExact || *number != std::floor(*number)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

int PixelsOf(std::string_view text) {
  constexpr double kMost = 1e9;
  const std::optional<double> pixels = NumberOf(text);
  return pixels && *pixels >= 1 && *pixels <= kMost ? static_cast<int>(*pixels) : 0;
}

float CoordinateOf(std::string_view text) {
  const std::optional<double> number = NumberOf(text);
  const bool fits = number && std::abs(*number) <= double{std::numeric_limits<float>::max()};
  return fits ? static_cast<float>(*number) : std::numeric_limits<float>::quiet_NaN();
}

std::string IdText(std::string_view text) {
  const std::string_view word = Trimmed(text);
  const bool has_digits_alone =
      std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
  if (has_digits_alone) return std::string(word);
  const std::optional<std::int64_t> number = WholeNumberOf(word);
  return number ? std::to_string(*number) : std::string(word);
}

std::string FileNameOf(std::string_view text) {
  std::string name(Trimmed(text));
  std::ranges::replace(name, '\\', '/');
  while (name.starts_with("./")) name.erase(0, 2);
  return name;
}

bool IsAbsoluteName(std::string_view file_name) {
  const bool has_drive = file_name.size() >= 3 && file_name[1] == ':' && file_name[2] == '/' &&
                         std::isalpha(static_cast<unsigned char>(file_name[0])) != 0;
  return file_name.starts_with('/') || has_drive;
}

std::string_view LastPart(std::string_view file_name) {
  return file_name.substr(file_name.rfind('/') + 1);
}

}  // namespace deeper
