#include "tools/serve/request_guard.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "core/files/sha256.h"
#include "core/text/lower.h"

namespace deeper::tools {

namespace {

constexpr std::string_view kBearer = "Bearer ";

bool IsAddress(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

// "localhost" of "localhost:8080", "::1" of "[::1]:8080".
std::string NameOfHost(const std::string& host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return Lower(host.substr(0, host.find(':')));
}

std::string DigestOf(const std::string& text) {
  Sha256 digest;
  digest.Update(std::string_view(text));
  return digest.HexDigest();
}

}  // namespace

bool EqualInConstantTime(const std::string& a, const std::string& b) {
  const std::string of_a = DigestOf(a);
  const std::string of_b = DigestOf(b);
  unsigned difference = 0;
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    difference |= static_cast<unsigned>(of_a[i] ^ of_b[i]);
  }
  return difference == 0;
}

bool IsLoopback(const std::string& address) {
  return (IsAddress(address) && address.starts_with("127.")) || address == "::1";
}

std::optional<HttpResponse> RefusalOf(const GuardOptions& options,
                                      const HttpRequest& head,
                                      bool is_public) {
  const std::string host = head.Header("host");
  const std::string name = NameOfHost(host);
  if (!IsAddress(name) && name != "localhost" &&
      std::ranges::find(options.hosts, name, Lower) == options.hosts.end()) {
    return ErrorResponse(421,
                         fmt::format("Host is '{}', expected an address, localhost, or a name "
                                     "that --host gives",
                                     host));
  }
  const std::string origin = head.Header("origin");
  const std::size_t scheme = origin.find("://");
  const bool is_elsewhere =
      !origin.empty() && (scheme == std::string::npos || origin.substr(scheme + 3) != host);
  const std::string site = head.Header("sec-fetch-site");
  const bool is_cross_site = site == "cross-site" || site == "same-site";
  if (is_elsewhere || (is_cross_site && head.method != "GET" && head.method != "HEAD")) {
    return ErrorResponse(
        403, "the request comes from a page of another site; only pages of this server may ask");
  }
  if (options.token.empty() || is_public) return std::nullopt;
  const std::string authorization = head.Header("authorization");
  if (authorization.starts_with(kBearer) &&
      EqualInConstantTime(authorization.substr(kBearer.size()), options.token)) {
    return std::nullopt;
  }
  HttpResponse response = ErrorResponse(
      401, "expected 'Authorization: Bearer TOKEN' with the token of deeper serve --token");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace deeper::tools
