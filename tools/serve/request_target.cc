#include "tools/serve/request_target.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace deeper::tools {

namespace {

std::optional<std::string> Decoded(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_blank) {
      c = ' ';
    } else if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      unsigned value = 0;
      const char* end = text.data() + i + 3;
      const auto [at, error] = std::from_chars(text.data() + i + 1, end, value, 16);
      if (error != std::errc() || at != end) return std::nullopt;
      c = static_cast<char>(value);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 32) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

}  // namespace

std::optional<RequestTarget> ParseTarget(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  const std::optional<std::string> path = Decoded(target.substr(0, mark), false);
  if (!path) return std::nullopt;
  RequestTarget parsed{.path = *path, .query = {}};
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::optional<std::string> name = Decoded(part.substr(0, equals), true);
    const std::optional<std::string> value =
        Decoded(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    if (!parsed.query.emplace(*name, *value).second) return std::nullopt;
  }
  return parsed;
}

}  // namespace deeper::tools
