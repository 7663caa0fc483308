#include "core/text/float_text.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "core/error.h"
#include "core/random.h"
#include "core/text/parse.h"
#include "tests/support/catch.h"

using namespace deeper;

TEST_CASE("floats are written as short as they read back") {
  CHECK(FloatText(0.1F) == "0.1");
  CHECK(FloatText(100) == "100");
  CHECK(FloatText(-0.25F) == "-0.25");
  CHECK(FloatText(0.884664F) == "0.884664");
}

TEST_CASE("text of a float read as a double rounds to the same float") {
  Random random(11);
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random.Next()));
    if (!std::isfinite(value)) continue;
    CAPTURE(value);
    REQUIRE(static_cast<float>(ParseDouble(FloatText(value)).value()) == value);
  }
  // The only magnitude of all 2^31 whose shortest text does not.
  const float odd_one_out = std::bit_cast<float>(0x15AE43FDU);
  CHECK(static_cast<float>(std::stod("7.038531e-26")) != odd_one_out);
  CHECK(static_cast<float>(std::stod(FloatText(odd_one_out))) == odd_one_out);
}

TEST_CASE("what is not finite cannot be written") {
  CHECK_THROWS_AS(FloatText(std::numeric_limits<float>::quiet_NaN()), ContractViolation);
  CHECK_THROWS_AS(FloatText(std::numeric_limits<float>::infinity()), ContractViolation);
}

TEST_CASE("a score for people has two decimals and zero no sign") {
  CHECK(ScoreText(0.875F) == "0.88");
  CHECK(ScoreText(-0.001F) == "0.00");
  CHECK(ScoreText(-0.006F) == "-0.01");
}
