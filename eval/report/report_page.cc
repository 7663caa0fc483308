#include "eval/report/report_page.h"

#include <cstddef>
#include <utility>

#include "core/error.h"

namespace deeper {
namespace {

// A mark in {{}} is replaced, together with the line's end if it is alone in its line. The colours
// of kinds in report.css are Okabe and Ito's, which colour-blind people can tell apart.
constexpr std::string_view kPage =
#include "eval/report/page/report.html.inc"
    ;
constexpr std::string_view kStyle =
#include "eval/report/page/report.css.inc"
    ;
constexpr std::string_view kElements =
#include "eval/report/page/elements.js.inc"
    ;
constexpr std::string_view kShared =
#include "eval/report/page/page.js.inc"
    ;
constexpr std::string_view kEvaluation =
#include "eval/report/page/report.js.inc"
    ;
constexpr std::string_view kDataCheck =
#include "eval/report/page/check.js.inc"
    ;

}  // namespace

std::string ScriptSafe(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = json.substr(i);
    if (json[i] == '<') {
      text += "\\u003c";
    } else if (json[i] == '>') {
      text += "\\u003e";
    } else if (json[i] == '&') {
      text += "\\u0026";
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      text += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      text += json[i];
    }
  }
  return text;
}

std::string ReportPage(std::string_view data, PageScript script) {
  const std::pair<std::string_view, std::string_view> replacements[] = {
      {"{{report.css}}\n", kStyle},
      {"{{data}}", data},
      {"{{elements.js}}\n", kElements},
      {"{{page.js}}\n", kShared},
      {"{{script}}\n", script == PageScript::kEvaluation ? kEvaluation : kDataCheck}};
  std::string page;
  std::string_view rest = kPage;
  for (const auto& [mark, text] : replacements) {
    const std::size_t at = rest.find(mark);
    Expects(at != std::string_view::npos, "report.html holds its marks in this order");
    page += rest.substr(0, at);
    page += text;
    rest.remove_prefix(at + mark.size());
  }
  page += rest;
  return page;
}

}  // namespace deeper
