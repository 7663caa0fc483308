#include "tools/serve/request_guard.h"

#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

// The status of the refusal, 200 where there is none.
int StatusOf(const GuardOptions& options,
             const std::map<std::string, std::string>& headers,
             const std::string& method = "POST",
             bool is_public = false) {
  HttpRequest head;
  head.method = method;
  head.headers = headers;
  const auto refusal = RefusalOf(options, head, is_public);
  return refusal ? refusal->status : 200;
}

TEST_CASE("Host may be an address, localhost or a name that was given, and nothing else") {
  const GuardOptions options{.token = "", .hosts = {"Lab"}};
  for (const char* host : {"127.0.0.1",
                           "127.0.0.1:8080",
                           "localhost:8080",
                           "LOCALHOST",
                           "[::1]:8080",
                           "192.168.1.7",
                           "lab:8080"}) {
    CAPTURE(host);
    CHECK(StatusOf(options, {{"host", host}}) == 200);
  }
  for (const char* host :
       {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[evil]", "lab2"}) {
    CAPTURE(host);
    CHECK(StatusOf(options, {{"host", host}}) == 421);
  }
}

TEST_CASE("a page of another site can neither post nor ask with its own origin") {
  const std::string host = "127.0.0.1:8080";
  CHECK(StatusOf({}, {{"host", host}, {"origin", "http://127.0.0.1:8080"}}) == 200);
  CHECK(StatusOf({}, {{"host", host}, {"origin", "http://127.0.0.1:9000"}}) == 403);
  CHECK(StatusOf({}, {{"host", host}, {"origin", "http://evil.example"}}) == 403);
  CHECK(StatusOf({}, {{"host", host}, {"origin", "null"}}) == 403);
  CHECK(StatusOf({}, {{"host", host}, {"sec-fetch-site", "cross-site"}}) == 403);
  CHECK(StatusOf({}, {{"host", host}, {"sec-fetch-site", "same-site"}}) == 403);
  CHECK(StatusOf({}, {{"host", host}, {"sec-fetch-site", "same-origin"}}) == 200);
  // A link to the page may stand anywhere.
  CHECK(StatusOf({}, {{"host", host}, {"sec-fetch-site", "cross-site"}}, "GET") == 200);
}

TEST_CASE("where there is a token, requests need it but for public ones") {
  const GuardOptions options{.token = "secret", .hosts = {}};
  const std::string host = "127.0.0.1";
  CHECK(StatusOf(options, {{"host", host}}) == 401);
  CHECK(StatusOf(options, {{"host", host}, {"authorization", "Bearer secret"}}) == 200);
  CHECK(StatusOf(options, {{"host", host}, {"authorization", "Bearer secre"}}) == 401);
  CHECK(StatusOf(options, {{"host", host}, {"authorization", "Bearer secret2"}}) == 401);
  CHECK(StatusOf(options, {{"host", host}, {"authorization", "secret"}}) == 401);
  CHECK(StatusOf(options, {{"host", host}}, "GET", true) == 200);
}

TEST_CASE("texts are equal in constant time just where they are equal") {
  CHECK(EqualInConstantTime("", ""));
  CHECK(EqualInConstantTime("abc", "abc"));
  CHECK_FALSE(EqualInConstantTime("abc", "abd"));
  CHECK_FALSE(EqualInConstantTime("abc", ""));
}

TEST_CASE("loopback addresses are those of this machine alone") {
  CHECK(IsLoopback("127.0.0.1"));
  CHECK(IsLoopback("127.1.2.3"));
  CHECK(IsLoopback("::1"));
  CHECK_FALSE(IsLoopback("0.0.0.0"));
  CHECK_FALSE(IsLoopback("::"));
  CHECK_FALSE(IsLoopback("127.evil.example"));
}

}  // namespace
}  // namespace deeper::tools
