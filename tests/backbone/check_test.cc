#include "backbone/check.h"

#include "backbone/execution/steps.h"
#include "backbone/kernels/instruction_set.h"
#include "backbone/precision.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("every layer agrees with the reference on the way from crop to features") {
  const Weights weights = test::RandomWeights(1, 0);
  const Tensor crop = test::RandomTensor({1, 3, 224, 224}, 2, -120, 150);
  const std::vector<Step> steps = GoogLeNetSteps();
  const std::vector<LayerDifference> differences = CompareWithReference(weights, {}, crop);
  REQUIRE(differences.size() == steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CAPTURE(differences[i].layer, differences[i].implementation, differences[i].absolute);
    CHECK(differences[i].layer == steps[i].name);
    CHECK_FALSE(differences[i].implementation.empty());
    CHECK(differences[i].largest_value > 0);
    // Rounding adds up over 22 layers.
    CHECK(differences[i].relative <= 2e-5);
    CHECK(differences[i].relative * differences[i].largest_value ==
          Approx(differences[i].absolute));
  }
}

TEST_CASE("bf16 differs from the reference, by no more than its 8 bits explain") {
  if (!kernels::RunsBf16()) {
    WARN("skipped: needs a processor with AVX512_BF16");
    return;
  }
  const Weights weights = test::RandomWeights(1, 0);
  const Tensor crop = test::RandomTensor({1, 3, 224, 224}, 2, -120, 150);
  for (const LayerDifference& difference :
       CompareWithReference(weights, {.precision = Precision::kBf16}, crop)) {
    CAPTURE(difference.layer, difference.absolute);
    CHECK(difference.relative > 1e-4);
    CHECK(difference.relative <= 4e-2);
  }
}

}  // namespace
}  // namespace deeper
