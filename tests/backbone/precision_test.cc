#include "backbone/precision.h"

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("precisions come back from their names, and an unknown one names the known") {
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    REQUIRE(PrecisionFromName(NameOf(precision)) == precision);
  }
  REQUIRE_THROWS_WITH(PrecisionFromName("fp32"),
                      Catch::Contains("fp32") && Catch::Contains("f32, bf16"));
}

TEST_CASE("the fastest precision is the narrowest that the processor runs and the model has") {
  const Precision of_floats = ProcessorRuns(Precision::kBf16) ? Precision::kBf16 : Precision::kF32;
  REQUIRE(FastestPrecision(true) ==
          (ProcessorRuns(Precision::kInt8) ? Precision::kInt8 : of_floats));
  REQUIRE(FastestPrecision(false) == of_floats);
}

}  // namespace
}  // namespace deeper
