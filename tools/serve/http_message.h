#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace deeper::tools {

// An HTTP request as the routes see it: no socket, no bytes of the protocol.
struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";                      // decoded; begins with '/'
  std::map<std::string, std::string> query;    // decoded; "?mirror" is {"mirror", ""}
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  // The header's value, "" where there is none. name: in lower case.
  std::string Header(const std::string& name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides type and length
};

// {"error": reason, "status": status}, and a line's end. Bytes of the reason that are not UTF-8 are
// replaced.
HttpResponse ErrorResponse(int status, const std::string& reason);

// Takes the answer to a request. To be called once; from any thread.
using Respond = std::function<void(HttpResponse)>;

// What a server does with requests.
struct HttpHandler {
  // An answer by the head alone, before the body is read; nothing where the request may go on.
  std::function<std::optional<HttpResponse>(const HttpRequest& head)> refuse;
  // Answers now or later. Must not block: the server waits for its return.
  std::function<void(HttpRequest, Respond)> answer;
  // The answer to what is no HTTP, or too large or too much: `reason` is for people.
  std::function<HttpResponse(int status, const std::string& reason)> fail;
};

}  // namespace deeper::tools
