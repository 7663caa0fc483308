#include "core/text/parse.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace deeper {
namespace {

// from_chars accepts no "+". "+5" and "+.5" may have one, but "+-5" may not.
std::string_view WithoutPlus(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  return text;
}

template <typename Number>
std::optional<Number> Parse(std::string_view text) {
  text = WithoutPlus(text);
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> ParseDouble(std::string_view text) {
  const std::optional<double> value = Parse<double>(text);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> ParseInt(std::string_view text) { return Parse<std::int64_t>(text); }

}  // namespace deeper
