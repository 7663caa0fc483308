#include "backbone/execution/activation_ranges.h"

#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE(
    "the scales hold the wanted part of the values, and do not depend on how crops are split") {
  const Weights weights = test::RandomWeights(1, 0);
  const Tensor first = test::RandomTensor({1, 3, 224, 224}, 2, -120, 150);
  const Tensor second = test::RandomTensor({1, 3, 224, 224}, 3, -60, 60);
  ActivationRanges together(weights);
  together.Add(first);
  together.Add(second);
  ActivationRanges one(weights);
  one.Add(first);
  ActivationRanges other(weights);
  other.Add(second);
  one.Merge(other);
  const Quantization all = together.Finish(1, {104, 117, 123});
  REQUIRE_NOTHROW(ValidateQuantization(all, "measured"));
  REQUIRE(one.Finish(1, {104, 117, 123}) == all);
  const Quantization most = together.Finish(0.99, {104, 117, 123});
  for (const auto& [name, scale] : most.scales) {
    CAPTURE(name);
    CHECK(scale <= all.scales.at(name));
  }
  CHECK(most.scales.at("conv2/3x3_reduce") < all.scales.at("conv2/3x3_reduce"));
}

}  // namespace
}  // namespace deeper
