#include "tools/serve/http_message.h"

#include "core/text/json_line.h"

namespace deeper::tools {

std::string HttpRequest::Header(const std::string& name) const {
  const auto at = headers.find(name);
  return at == headers.end() ? "" : at->second;
}

HttpResponse ErrorResponse(int status, const std::string& reason) {
  return {.status = status, .body = LineOf({{"error", reason}, {"status", status}}) + "\n"};
}

}  // namespace deeper::tools
