#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/serve/http_message.h"

namespace deeper::tools {

// Who may ask.
struct GuardOptions {
  std::string token;               // "": nobody needs one
  std::vector<std::string> hosts;  // names that the machine is called by, besides its addresses
};

// Whether the two are equal, in a time that does not tell where they differ.
bool EqualInConstantTime(const std::string& a, const std::string& b);

// Whether an address is this machine's alone: "127.0.0.1", "::1".
bool IsLoopback(const std::string& address);

// The answer to a request that may not be made; nothing where it may.
//
// - Host must be an address, "localhost" or one of `hosts`: a page elsewhere whose name is made to
//   point here (DNS rebinding) names itself there.
// - Origin, where a browser sends it, must be that host, and Sec-Fetch-Site must not tell of
//   another site: no page elsewhere can post.
// - With a token, "Authorization: Bearer TOKEN" is needed, but for `is_public` requests.
std::optional<HttpResponse> RefusalOf(const GuardOptions& options,
                                      const HttpRequest& head,
                                      bool is_public);

}  // namespace deeper::tools
