#include "core/text/parse.h"

#include <cstdint>
#include <limits>

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("numbers are read whole") {
  REQUIRE(ParseDouble("0.25") == 0.25);
  REQUIRE(ParseDouble("-1e3") == -1000.0);
  REQUIRE(ParseDouble("1e+05") == 100000.0);
  REQUIRE(ParseDouble("+.5") == 0.5);
  REQUIRE(ParseInt("-17") == -17);
  REQUIRE(ParseInt("+17") == 17);
}

TEST_CASE("a decimal is read to the nearest double") { REQUIRE(ParseDouble("0.1") == 0.1); }

TEST_CASE("the largest and smallest integers are read, the next ones are out of range") {
  REQUIRE(ParseInt("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  REQUIRE(ParseInt("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  REQUIRE(ParseInt("9223372036854775808") == std::nullopt);
  REQUIRE(ParseDouble("1e999") == std::nullopt);
}

TEST_CASE("what is not wholly a number is nothing") {
  for (const char* text :
       {"", " ", "+", "-", "12abc", "12 ", " 12", "1,5", "+-5", "--5", "++5", "0x10", "e5"}) {
    CAPTURE(text);
    REQUIRE(ParseDouble(text) == std::nullopt);
    REQUIRE(ParseInt(text) == std::nullopt);
  }
  REQUIRE(ParseInt("1.0") == std::nullopt);
}

TEST_CASE("nan and inf are not numbers") {
  for (const char* text : {"nan", "NaN", "inf", "-inf", "infinity", "nan(1)"}) {
    CAPTURE(text);
    REQUIRE(ParseDouble(text) == std::nullopt);
  }
}

}  // namespace
}  // namespace deeper
