#include "backbone/network_family.h"

#include <algorithm>

#include "backbone/execution/activation_ranges.h"
#include "backbone/googlenet.h"
#include "backbone/network.h"
#include "backbone/precision.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr std::size_t kRowsBelow5a = 8;  // the stem, 3a, 3b, 4a to 4e
constexpr std::size_t kRows = 10;

// The same as `weights` up to inception_4e.
Weights WithOtherLastRows(Weights weights) {
  for (auto& [name, tensor] : weights) {
    if (!name.starts_with("inception_5")) continue;
    for (float& value : tensor.data) value *= -0.9F;
  }
  return weights;
}

Tensor SomeCrop() { return test::RandomTensor({1, 3, 224, 224}, 3, -120, 150); }

Quantization QuantizationOf(const Weights& weights) {
  ActivationRanges ranges(weights);
  ranges.Add(SomeCrop());
  return ranges.Finish(1, {104, 117, 123});
}

std::vector<float> FeaturesAlone(const Network& network) {
  Workspace workspace = network.MakeWorkspace();
  std::vector<float> features(kFeatureDim);
  network.Features(SomeCrop(), workspace, features);
  return features;
}

TEST_CASE("a family's networks give the features that they give alone, in every precision") {
  const Weights weights = test::RandomWeights(1);
  const Weights others = WithOtherLastRows(weights);
  const Quantization quantization = QuantizationOf(weights);
  const Quantization quantization_of_others = QuantizationOf(others);
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    if (!ProcessorRuns(precision)) continue;
    CAPTURE(NameOf(precision));
    const Network first(weights, {.precision = precision, .quantization = quantization});
    const Network second(others, {.precision = precision, .quantization = quantization_of_others});
    const Network third(weights, {.precision = precision, .quantization = quantization});
    const std::size_t common = CommonRows(RowFingerprints(weights, first.options()),
                                          RowFingerprints(others, second.options()));
    REQUIRE(common == kRowsBelow5a);

    for (const std::size_t shared_rows : {std::size_t{1}, std::size_t{3}, common}) {
      CAPTURE(shared_rows);
      const NetworkFamily family({&first, &second, &third}, shared_rows);
      std::vector<Workspace> workspaces = family.MakeWorkspaces();
      // The family's crop is the one that its first network reads: running that network puts it
      // there.
      std::vector<std::vector<float>> features(3, std::vector<float>(kFeatureDim));
      first.Features(SomeCrop(), workspaces.front(), features[0]);
      for (int run = 0; run < 2; ++run) {
        const std::vector<std::span<float>> rows(features.begin(), features.end());
        family.FeaturesOfInput(workspaces, rows);
        CHECK(features[0] == FeaturesAlone(first));
        CHECK(features[1] == FeaturesAlone(second));
        CHECK(features[2] == features[0]);
      }
      CHECK(features[1] != features[0]);
    }
  }
}

TEST_CASE("networks have the rows in common below the first that computes otherwise") {
  const Weights weights = test::RandomWeights(1);
  const Quantization quantization = QuantizationOf(weights);
  const NetworkOptions int8{.precision = Precision::kInt8, .quantization = quantization};
  const std::vector<std::string> fingerprints = RowFingerprints(weights, int8);
  const auto common_with = [&](const Weights& others, const NetworkOptions& options) {
    return CommonRows(fingerprints, RowFingerprints(others, options));
  };
  CHECK(fingerprints.size() == kRows);
  CHECK(common_with(weights, int8) == kRows);
  CHECK(common_with(weights, {}) == 0);

  NetworkOptions other_scale = int8;
  other_scale.quantization->scales.at("inception_4a/output") *= 1.01F;
  CHECK(common_with(weights, other_scale) == 3);
  NetworkOptions other_mean = int8;
  other_mean.quantization->mean_bgr[0] += 1;
  CHECK(common_with(weights, other_mean) == 0);
  Weights other_bias = weights;
  other_bias.at(BiasName("inception_3b/5x5")).data[0] += 1;
  CHECK(common_with(other_bias, int8) == 2);
}

}  // namespace
}  // namespace deeper
