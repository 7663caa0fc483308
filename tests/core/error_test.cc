#include "core/error.h"

#include <cmath>
#include <string>

#include "core/out_of_range.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("A precondition that holds passes silently") {
  CHECK_NOTHROW(Expects(true, "two and two are four"));
}

TEST_CASE("A broken precondition names the caller's file, line and function, and itself") {
  const std::string line = std::to_string(__LINE__ + 2);
  try {
    Expects(false, "a crop has three channels");
    FAIL("nothing was thrown");
  } catch (const ContractViolation& violation) {
    const std::string what = violation.what();
    CAPTURE(what);
    CHECK(what.find("error_test.cc:" + line + ": ") != std::string::npos);
    CHECK(what.find(std::string(__func__) + ": a crop has three channels") != std::string::npos);
  }
}

TEST_CASE("A field out of range is refused with its name, its value and its bounds") {
  CHECK_NOTHROW(RequireInRange("holdout", 0.9, 0, 0.9));
  CHECK_THROWS_AS(RequireInRange("holdout", std::nan(""), 0, 0.9), OutOfRange);
  try {
    RequireInRange("holdout", 2, 0, 0.9);
    FAIL("nothing was thrown");
  } catch (const OutOfRange& error) {
    CHECK(error.what() == std::string("holdout is 2, expected a number from 0 to 0.9"));
    CHECK(error.field() == "holdout");
    CHECK(error.value() == 2);
    CHECK(error.expected() == "a number from 0 to 0.9");
  }
}

}  // namespace
}  // namespace deeper
