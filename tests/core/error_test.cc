#include "core/error.h"

#include <string>

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

}  // namespace
}  // namespace deeper
