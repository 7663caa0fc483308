#include "backbone/execution/activation_ranges.h"

#include <string>
#include <vector>

#include "backbone/weights.h"
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

TEST_CASE(
    "a network that overflows is refused with the layer's name, also where NaN looks like 0") {
  const Tensor crop = test::RandomTensor({1, 3, 224, 224}, 2, -120, 150);
  for (const std::string layer : {"conv1/7x7_s2", "inception_4c/3x3"}) {
    // Of one sign, sums become infinite; of both, NaN.
    for (const float other : {3e38F, -3e38F}) {
      CAPTURE(layer, other);
      Weights weights = test::RandomWeights(1, 0);
      std::vector<float>& values = weights[WeightName(layer)].data;
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 2 == 0 ? 3e38F : other;
      ActivationRanges ranges(weights);
      CHECK_THROWS_WITH(ranges.Add(crop),
                        Catch::StartsWith("layer '" + layer + "': expected values that a float"));
    }
  }
}

TEST_CASE("what LRN cannot square is refused with its layer's name") {
  Weights weights = test::RandomWeights(1, 0);
  for (float& value : weights[BiasName("conv1/7x7_s2")].data) value = 1e25F;
  ActivationRanges ranges(weights);
  CHECK_THROWS_WITH(ranges.Add(test::RandomTensor({1, 3, 224, 224}, 2, -120, 150)),
                    Catch::StartsWith("layer 'pool1/norm1'") ||
                        Catch::StartsWith("layer 'conv2/norm2'") ||
                        Catch::StartsWith("layer 'pool1/3x3_s2'"));
}

}  // namespace
}  // namespace deeper
