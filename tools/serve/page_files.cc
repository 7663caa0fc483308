#include "tools/serve/page_files.h"

namespace deeper::tools {

namespace {

constexpr std::string_view kPage =
#include "tools/serve/page/serve.html.inc"
    ;
constexpr std::string_view kStyle =
#include "tools/serve/page/serve.css.inc"
    ;
// Of the report's page too.
constexpr std::string_view kElements =
#include "eval/report/page/elements.js.inc"
    ;
constexpr std::string_view kShared =
#include "tools/serve/page/page.js.inc"
    ;
constexpr std::string_view kView =
#include "tools/serve/page/view.js.inc"
    ;
constexpr std::string_view kTruth =
#include "tools/serve/page/truth.js.inc"
    ;
constexpr std::string_view kEdit =
#include "tools/serve/page/edit.js.inc"
    ;
constexpr std::string_view kServe =
#include "tools/serve/page/serve.js.inc"
    ;

constexpr std::string_view kScript = "text/javascript; charset=utf-8";
constexpr PageFile kFiles[] = {
    {.path = "/", .type = "text/html; charset=utf-8", .text = kPage},
    {.path = "/serve.css", .type = "text/css; charset=utf-8", .text = kStyle},
    {.path = "/elements.js", .type = kScript, .text = kElements},
    {.path = "/page.js", .type = kScript, .text = kShared},
    {.path = "/view.js", .type = kScript, .text = kView},
    {.path = "/truth.js", .type = kScript, .text = kTruth},
    {.path = "/edit.js", .type = kScript, .text = kEdit},
    {.path = "/serve.js", .type = kScript, .text = kServe}};

}  // namespace

const PageFile* FindPageFile(std::string_view path) {
  for (const PageFile& file : kFiles) {
    if (path == file.path) return &file;
  }
  return nullptr;
}

std::string PagePolicy() {
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
         "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace deeper::tools
