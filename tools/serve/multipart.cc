#include "tools/serve/multipart.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "core/error.h"
#include "core/text/lower.h"

namespace deeper::tools {

namespace {

constexpr std::size_t kLongestBoundary = 70;  // RFC 2046, section 5.1.1
constexpr std::size_t kMostParts = 1000;
constexpr std::string_view kLineEnd = "\r\n";

bool SameWord(std::string_view a, std::string_view b) { return Lower(a) == Lower(b); }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of `name` in "form-data; name=\"a\"; filename=b": of a quoted one what is between the
// quotes, a backslash before a quote left out.
std::optional<std::string> ParameterOf(std::string_view header, std::string_view name) {
  std::size_t at = header.find(';');
  while (at != std::string_view::npos && ++at < header.size()) {
    const std::size_t equals = header.find('=', at);
    if (equals == std::string_view::npos) return std::nullopt;
    const bool is_wanted = SameWord(Trimmed(header.substr(at, equals - at)), name);
    std::string value;
    at = equals + 1;
    if (at < header.size() && header[at] == '"') {
      for (++at; at < header.size() && header[at] != '"'; ++at) {
        if (header[at] == '\\' && at + 1 < header.size() && header[at + 1] == '"') ++at;
        value += header[at];
      }
      at = header.find(';', at);
    } else {
      const std::size_t end = std::min(header.find(';', at), header.size());
      value = Trimmed(header.substr(at, end - at));
      at = end;
    }
    if (is_wanted) return value;
  }
  return std::nullopt;
}

// The disposition among the lines of a part's head; nothing where it has none.
std::optional<std::string_view> DispositionIn(std::string_view head) {
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find(kLineEnd));
    head.remove_prefix(std::min(head.size(), line.size() + kLineEnd.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (SameWord(line.substr(0, colon), "content-disposition")) return line.substr(colon + 1);
  }
  return std::nullopt;
}

std::string WithoutDirectories(const std::string& name) {
  return name.substr(name.find_last_of("/\\") + 1);
}

}  // namespace

bool IsMultipart(std::string_view content_type) {
  return SameWord(Trimmed(content_type.substr(0, content_type.find(';'))), "multipart/form-data");
}

std::vector<FormPart> ParseMultipart(std::string_view content_type, std::string_view body) {
  const std::optional<std::string> boundary = ParameterOf(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kLongestBoundary) {
    throw Error("multipart form: expected a boundary of 1 to 70 characters in Content-Type");
  }
  const std::string mark = "--" + *boundary;
  const std::string inner_mark = "\r\n" + mark;
  std::size_t at = body.starts_with(mark) ? 0 : body.find(inner_mark);
  if (at == std::string_view::npos) {
    throw Error("multipart form: expected the boundary '" + *boundary + "', found none");
  }
  at += at == 0 && body.starts_with(mark) ? mark.size() : inner_mark.size();
  std::vector<FormPart> parts;
  while (body.substr(at, 2) != "--") {
    const std::string where = "multipart form: part " + std::to_string(parts.size() + 1);
    if (parts.size() == kMostParts) throw Error(where + ": expected at most 1000 parts");
    const std::size_t line_end = body.find(kLineEnd, at);
    if (line_end == std::string_view::npos || !Trimmed(body.substr(at, line_end - at)).empty()) {
      throw Error(where + ": expected a line's end behind the boundary");
    }
    // The line's end may be the first of the two that end an empty head.
    const std::size_t head_end = body.find("\r\n\r\n", line_end);
    if (head_end == std::string_view::npos) throw Error(where + ": its head has no end");
    const std::size_t begin = head_end + 4;
    const std::size_t end = body.find(inner_mark, begin);
    if (end == std::string_view::npos) throw Error(where + ": expected the boundary at its end");
    const std::size_t head_begin = std::min(line_end + kLineEnd.size(), head_end);
    const auto disposition = DispositionIn(body.substr(head_begin, head_end - head_begin));
    const auto name = disposition ? ParameterOf(*disposition, "name") : std::nullopt;
    if (!name) throw Error(where + ": expected Content-Disposition with a name");
    parts.push_back(
        {.name = *name,
         .file_name = WithoutDirectories(ParameterOf(*disposition, "filename").value_or("")),
         .content = body.substr(begin, end - begin)});
    at = end + inner_mark.size();
  }
  return parts;
}

}  // namespace deeper::tools
