// What 'deeper serve' parses itself of a request: the target, a form, annotations. HTTP is
// Boost.Beast's.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_target.h"
#include "tools/options/option_errors.h"
#include "tools/serve/annotation_store.h"
#include "tools/serve/detect_query.h"
#include "tools/serve/multipart.h"
#include "tools/serve/request_guard.h"
#include "tools/serve/request_target.h"

namespace deeper::fuzz {

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string text(input.begin(), input.end());
  if (const auto target = tools::ParseTarget(text)) {
    try {
      tools::ParseDetectQuery(target->query, {"id"});
    } catch (const tools::UsageError&) {  // its "no"
    }
  }
  tools::HttpRequest head;
  head.headers = {{"host", text}, {"origin", text}, {"authorization", text}};
  tools::RefusalOf({.token = "t", .hosts = {}}, head, false);
  // The first line is the form's Content-Type.
  const std::string_view all = text;
  const std::size_t end = std::min(all.find('\n'), all.size());
  Answered([&] {
    tools::ParseMultipart(all.substr(0, end), all.substr(std::min(end + 1, all.size())));
  });
  Answered([&] { tools::ParseAnnotations("picture", text); });
}

}  // namespace deeper::fuzz
