#include "eval/report/report_page.h"

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
constexpr std::string_view kScript =
#include "eval/report/page/report.js.inc"
    ;

}  // namespace

std::string ReportPage(std::string_view data) {
  const std::pair<std::string_view, std::string_view> replacements[] = {
      {"{{report.css}}\n", kStyle}, {"{{data}}", data}, {"{{report.js}}\n", kScript}};
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
