#include "tools/serve/request_target.h"

#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

using Query = std::map<std::string, std::string>;

TEST_CASE("a target is taken apart into its decoded path and query") {
  const auto target = ParseTarget("/a%20b/c?min-score=0.5&id=my+cat%2B1&mirror&empty=");
  REQUIRE(target);
  CHECK(target->path == "/a b/c");
  CHECK(target->query ==
        Query{{"min-score", "0.5"}, {"id", "my cat+1"}, {"mirror", ""}, {"empty", ""}});
}

TEST_CASE("'+' is a blank in a query and itself in a path") {
  CHECK(ParseTarget("/a+b")->path == "/a+b");
  CHECK(ParseTarget("/?a+b")->query == Query{{"a b", ""}});
}

TEST_CASE("what stands behind '#' is no part of a target") {
  CHECK(ParseTarget("/a?b=1#c?d")->query == Query{{"b", "1"}});
}

TEST_CASE("a target that is none gives nothing") {
  for (const char* text : {"",
                           "a",
                           "http://other/",
                           "*",
                           "/%",
                           "/%4",
                           "/%zz",
                           "/%-1",
                           "/a%00",
                           "/a%0a",
                           "/?a=%0d",
                           "/?a=1&a=2"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseTarget(text));
  }
}

}  // namespace
}  // namespace deeper::tools
