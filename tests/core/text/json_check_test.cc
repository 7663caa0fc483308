#include "core/text/json_check.h"

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

using Catch::Contains;

TEST_CASE("JSON of the allowed depth passes, one level more does not") {
  REQUIRE_NOTHROW(CheckJson(R"({"a": [1, {"b": null}], "c": {"b": "x"}})", 3, "file"));
  REQUIRE_THROWS_WITH(CheckJson(R"({"a": [1, {"b": null}]})", 2, "file"),
                      Contains("file nests deeper than 2 levels"));
  REQUIRE_NOTHROW(CheckJson("[[],[],[[]]]", 3, "file"));
}

TEST_CASE("a key may stand in several objects, but not twice in one") {
  REQUIRE_NOTHROW(CheckJson(R"([{"a":1},{"a":{"a":2}}])", 9, "file"));
  REQUIRE_THROWS_WITH(CheckJson(R"({"a":1,"b":{"a":1},"a":2})", 9, "file"),
                      Contains("file names 'a' twice"));
  REQUIRE_THROWS_AS(CheckJson(R"({"\u0061":1,"a":2})", 9, "file"), Error);
}

TEST_CASE("what is not one JSON value is refused with the place") {
  for (const char* text : {"", "{", "{}x", "[1,]", "{'a':1}", "nul", "\"\x80\"", "[1e999]"}) {
    CAPTURE(text);
    REQUIRE_THROWS_WITH(CheckJson(text, 9, "file"), Contains("file is not JSON at byte"));
  }
}

}  // namespace
}  // namespace deeper
