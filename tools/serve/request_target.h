#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace deeper::tools {

// What stands behind the method in a request's first line, taken apart.
struct RequestTarget {
  std::string path;                          // decoded, begins with '/'
  std::map<std::string, std::string> query;  // decoded; '+' is a blank

  bool operator==(const RequestTarget&) const = default;
};

// "/detect?min-score=0.3" taken apart (RFC 3986, section 3; application/x-www-form-urlencoded for
// the query). Nothing for a target that does not begin with '/', whose escapes are broken, that
// holds a byte below 32 or names a parameter twice.
std::optional<RequestTarget> ParseTarget(std::string_view target);

}  // namespace deeper::tools
