#include "backbone/precision.h"

#include "backbone/kernels/instruction_set.h"
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

TEST_CASE("bf16 is taken for fast with tiles, and of processors that are not Intel's") {
  CHECK(kernels::IsFast({.tiles = false, .intel = false}));
  CHECK(kernels::IsFast({.tiles = true, .intel = true}));
  CHECK_FALSE(kernels::IsFast({.tiles = false, .intel = true}));
  CHECK((!kernels::RunsBf16Fast() || kernels::RunsBf16()));
}

TEST_CASE("what is chosen runs, and is what was wanted where that runs") {
  for (const bool has_quantization : {false, true}) {
    const ChosenPrecision chosen = ChoosePrecision(std::nullopt, has_quantization);
    CHECK(chosen.precision == FastestPrecision(has_quantization));
    CHECK(ProcessorRuns(chosen.precision));
    for (const Precision wanted : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
      const ChosenPrecision given = ChoosePrecision(wanted, has_quantization);
      CHECK(given.remark.empty() == ProcessorRuns(wanted));
      CHECK(given.precision == (ProcessorRuns(wanted) ? wanted : chosen.precision));
    }
  }
}

TEST_CASE("the fastest precision is the narrowest that is fast and the model has") {
  const Precision of_floats = kernels::RunsBf16Fast() ? Precision::kBf16 : Precision::kF32;
  REQUIRE(FastestPrecision(true) ==
          (ProcessorRuns(Precision::kInt8) ? Precision::kInt8 : of_floats));
  REQUIRE(FastestPrecision(false) == of_floats);
}

}  // namespace
}  // namespace deeper
