#include "backbone/network.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#include "backbone/execution/activation_ranges.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/instruction_set.h"
#include "backbone/kernels/reference.h"
#include "backbone/precision.h"
#include "backbone/reference_network.h"
#include "backbone/summary.h"
#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

using test::RandomTensor;
using test::RandomWeights;

std::vector<Precision> Precisions() {
  std::vector<Precision> precisions;
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    if (ProcessorRuns(precision)) precisions.push_back(precision);
  }
  return precisions;
}

const Weights& SomeWeights() {
  static const Weights weights = RandomWeights(1, 7);
  return weights;
}

Tensor Crops(std::size_t n, std::uint64_t seed) {
  return RandomTensor({n, 3, 224, 224}, seed, -120, 150);
}

TensorView CropsFrom(const Tensor& crops, std::size_t first, std::size_t count) {
  const Shape shape = {count, crops.shape.c, crops.shape.h, crops.shape.w};
  const std::size_t crop = crops.shape.Count() / crops.shape.n;
  return {shape, std::span(crops.data).subspan(first * crop, shape.Count())};
}

const Quantization& SomeQuantization() {
  static const Quantization quantization = [] {
    ActivationRanges ranges(SomeWeights());
    ranges.Add(Crops(1, 2));
    return ranges.Finish(1, {104, 117, 123});
  }();
  return quantization;
}

Network SomeNetwork(Precision precision) {
  return Network(SomeWeights(), {.precision = precision, .quantization = SomeQuantization()});
}

// The largest difference of the features from the reference's, relative to their largest value,
// that rounding explains.
double FeatureTolerance(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return 1e-5;
    case Precision::kBf16:
      return 2e-2;
    case Precision::kInt8:
      return 1e-1;
  }
  return 0;
}

std::vector<float> FeaturesOf(const Network& network, TensorView crops) {
  Workspace workspace = network.MakeWorkspace();
  std::vector<float> features(crops.shape.n * kFeatureDim, std::numeric_limits<float>::quiet_NaN());
  network.Features(crops, workspace, features);
  return features;
}

TEST_CASE("int8 without a quantization, or with a wrong one, is refused") {
  if (!ProcessorRuns(Precision::kInt8)) return;
  REQUIRE_THROWS_WITH(Network(SomeWeights(), {.precision = Precision::kInt8}),
                      Catch::Contains("has no quantization"));
  Quantization lacking = SomeQuantization();
  lacking.scales.erase("pool1/norm1");
  REQUIRE_THROWS_WITH(
      Network(SomeWeights(), {.precision = Precision::kInt8, .quantization = lacking}),
      Catch::Contains("pool1/norm1"));
}

TEST_CASE("a crop written into the network's input is the crop that is handed over") {
  const Tensor crop = Crops(1, 8);
  const Network network(SomeWeights(), {});
  Workspace workspace = network.MakeWorkspace();
  const CropRows rows = network.Input(workspace);
  REQUIRE(rows.element == kernels::ElementType::kF32);
  for (std::size_t y = 0; y < kCropSide; ++y) {
    auto* row = reinterpret_cast<float*>(rows.first + y * rows.row_bytes);
    for (std::size_t i = 0; i < 3 * kCropSide; ++i) {
      row[i] = crop.data[(i % 3 * kCropSide + y) * kCropSide + i / 3];
    }
  }
  std::vector<float> features(kFeatureDim);
  network.FeaturesOfInput(workspace, features);
  REQUIRE(features == FeaturesOf(network, crop));
}

TEST_CASE("a profile has a time for every step, in their order") {
  const Network network(SomeWeights(), {});
  Workspace workspace = network.MakeWorkspace();
  const std::vector<StepTime> times = network.Profile(workspace);
  const std::vector<Step> steps = GoogLeNetSteps();
  REQUIRE(times.size() == steps.size());
  std::size_t macs = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CHECK(times[i].name == steps[i].name);
    CHECK(times[i].seconds > 0);
    CHECK_FALSE(times[i].implementation.empty());
    macs += times[i].macs;
  }
  CHECK(macs + 1'024'000 == Summarize(1000).macs);  // all but the classifier's
}

TEST_CASE("bf16 on a processor without it is refused by the name of what is missing") {
  if (kernels::RunsBf16()) return;  // the run with ONEDNN_MAX_CPU_ISA=AVX2 comes here
  REQUIRE_THROWS_AS(Network(SomeWeights(), {.precision = Precision::kBf16}), Error);
  REQUIRE_THROWS_WITH(Network(SomeWeights(), {.precision = Precision::kBf16}),
                      Catch::Contains("AVX512_BF16"));
}

TEST_CASE("features are those of the reference network") {
  const Tensor crop = Crops(1, 2);
  const Tensor reference = ReferenceFeatures(SomeWeights(), crop);
  double norm = 0;
  for (const float value : reference.data) norm = std::max(norm, static_cast<double>(value));
  for (const Precision precision : Precisions()) {
    CAPTURE(NameOf(precision));
    const std::vector<float> features = FeaturesOf(SomeNetwork(precision), crop);
    double distance = 0;
    for (std::size_t i = 0; i < features.size(); ++i) {
      distance = std::max(distance, std::abs(static_cast<double>(features[i] - reference.data[i])));
    }
    REQUIRE(distance <= FeatureTolerance(precision) * norm);
  }
}

TEST_CASE("a crop's features are the same to the last bit in every batch, place and workspace") {
  const Tensor crops = Crops(17, 3);
  for (const Precision precision : Precisions()) {
    const Network network = SomeNetwork(precision);
    const std::vector<float> together = FeaturesOf(network, crops);
    for (const std::size_t batch : {1U, 5U, 16U}) {
      CAPTURE(NameOf(precision), batch);
      Workspace workspace = network.MakeWorkspace();
      std::vector<float> features(together.size());
      for (std::size_t first = 0; first < crops.shape.n; first += batch) {
        const std::size_t count = std::min(batch, crops.shape.n - first);
        network.Features(CropsFrom(crops, first, count),
                         workspace,
                         std::span(features).subspan(first * kFeatureDim, count * kFeatureDim));
      }
      REQUIRE(features == together);
    }
  }
}

TEST_CASE("crops beside it do not reach a crop's features, not even infinite ones") {
  const Network network(SomeWeights(), {});
  Tensor crops = Crops(3, 4);
  const std::vector<float> alone = FeaturesOf(network, CropsFrom(crops, 1, 1));
  const std::size_t crop = crops.shape.Count() / 3;
  std::fill_n(crops.data.begin(), crop, std::numeric_limits<float>::infinity());
  const std::vector<float> features = FeaturesOf(network, crops);
  REQUIRE(std::equal(alone.begin(), alone.end(), features.begin() + kFeatureDim));
}

TEST_CASE("two threads with a workspace each get what one gets") {
  const Network network(SomeWeights(), {});
  const Tensor crops = Crops(2, 5);
  const std::vector<float> expected = FeaturesOf(network, crops);
  std::vector<float> first;
  std::vector<float> second;
  std::thread one([&] { first = FeaturesOf(network, crops); });
  std::thread two([&] { second = FeaturesOf(network, crops); });
  one.join();
  two.join();
  REQUIRE(first == expected);
  REQUIRE(second == expected);
}

TEST_CASE("no crops give no features") {
  const Network network(SomeWeights(), {});
  REQUIRE(FeaturesOf(network, TensorView({0, 3, 224, 224}, {})).empty());
}

TEST_CASE("a moved network and a moved workspace work on") {
  Network network(SomeWeights(), {});
  const Tensor crop = Crops(1, 6);
  const std::vector<float> expected = FeaturesOf(network, crop);
  Workspace workspace = network.MakeWorkspace();
  const Network moved_network = std::move(network);
  Workspace moved_workspace = std::move(workspace);
  std::vector<float> features(kFeatureDim);
  moved_network.Features(crop, moved_workspace, features);
  REQUIRE(features == expected);
}

TEST_CASE("probabilities of a crop sum to one and do not depend on the crops beside it") {
  const Network network(SomeWeights(), {});
  REQUIRE(network.ClassCount() == 7);
  const Tensor features = RandomTensor({3, kFeatureDim, 1, 1}, 7, 0, 2);
  std::vector<float> together(21);
  network.Probabilities(features.data, together);
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<float> alone(7);
    network.Probabilities(std::span(features.data).subspan(i * kFeatureDim, kFeatureDim), alone);
    REQUIRE(std::equal(
        alone.begin(), alone.end(), together.begin() + static_cast<std::ptrdiff_t>(7 * i)));
    REQUIRE(std::accumulate(alone.begin(), alone.end(), 0.0) == Approx(1.0));
  }
}

TEST_CASE("probabilities are the softmax of the classifier's scores by the reference") {
  const Network network(SomeWeights(), {});
  const Tensor features = RandomTensor({2, kFeatureDim, 1, 1}, 8, 0, 2);
  Tensor expected = MakeTensor({2, 7, 1, 1});
  kernels::FullyConnectedReference(features,
                                   SomeWeights().at(WeightName(kClassifierName)),
                                   SomeWeights().at(BiasName(kClassifierName)),
                                   expected);
  for (std::size_t i = 0; i < 2; ++i) kernels::Softmax(std::span(expected.data).subspan(7 * i, 7));
  std::vector<float> found(14);
  network.Probabilities(features.data, found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    REQUIRE(static_cast<double>(found[i]) ==
            Approx(static_cast<double>(expected.data[i])).margin(1e-6));
  }
}

TEST_CASE("a workspace of another network is refused") {
  const Network network(SomeWeights(), {});
  const Network other(SomeWeights(), {});
  Workspace workspace = other.MakeWorkspace();
  std::vector<float> features(kFeatureDim);
  REQUIRE_THROWS_AS(network.Features(Crops(1, 9), workspace, features), ContractViolation);
}

TEST_CASE("a network without classifier gives features, and refuses probabilities") {
  Weights weights = SomeWeights();
  weights.erase(WeightName(kClassifierName));
  weights.erase(BiasName(kClassifierName));
  const Network network(weights, {});
  REQUIRE(network.ClassCount() == 0);
  std::vector<float> features(kFeatureDim);
  std::vector<float> none;
  REQUIRE_THROWS_AS(network.Probabilities(features, none), ContractViolation);
}

TEST_CASE("weights that lack a layer are refused by its name") {
  Weights weights = SomeWeights();
  weights.erase("inception_4a/3x3/bias");
  REQUIRE_THROWS_WITH(Network(weights, {}), Catch::Contains("inception_4a/3x3/bias"));
}

TEST_CASE("crops of a wrong size and features without room are refused") {
  const Network network(SomeWeights(), {});
  Workspace workspace = network.MakeWorkspace();
  std::vector<float> features(kFeatureDim);
  REQUIRE_THROWS_AS(network.Features(MakeTensor({1, 3, 223, 224}), workspace, features),
                    ContractViolation);
  REQUIRE_THROWS_AS(network.Features(MakeTensor({2, 3, 224, 224}), workspace, features),
                    ContractViolation);
}

TEST_CASE("the profiles are the means of the last map's rows and columns") {
  const Tensor crop = Crops(1, 3);
  Tensor map;
  ReferenceFeatures(SomeWeights(), crop, [&](const Layer& layer, const Tensor& output) {
    if (layer.output != "inception_5b/output") return;
    if (map.data.empty()) map = MakeTensor({1, kFeatureDim, kLastMapSide, kLastMapSide});
    std::ranges::copy(output.data,
                      map.data.begin() + static_cast<std::ptrdiff_t>(layer.output_channel *
                                                                     kLastMapSide * kLastMapSide));
  });
  REQUIRE(map.data.size() == kFeatureDim * kLastMapSide * kLastMapSide);
  std::vector<float> expected(kProfileDim);
  for (std::size_t c = 0; c < kFeatureDim; ++c) {
    for (std::size_t y = 0; y < kLastMapSide; ++y) {
      for (std::size_t x = 0; x < kLastMapSide; ++x) {
        const float part = map.data[(c * kLastMapSide + y) * kLastMapSide + x] / kLastMapSide;
        expected[y * kFeatureDim + c] += part;
        expected[(kLastMapSide + x) * kFeatureDim + c] += part;
      }
    }
  }
  const float largest = *std::ranges::max_element(expected);
  REQUIRE(largest > 0);
  for (const Precision precision : Precisions()) {
    CAPTURE(NameOf(precision));
    const Network network = SomeNetwork(precision);
    Workspace workspace = network.MakeWorkspace();
    std::vector<float> features(kFeatureDim);
    network.Features(crop, workspace, features);
    std::vector<float> profiles(kProfileDim);
    network.ProfilesOfInput(workspace, profiles);
    float worst = 0;
    for (std::size_t i = 0; i < kProfileDim; ++i)
      worst = std::max(worst, std::abs(profiles[i] - expected[i]));
    CHECK(double(worst / largest) < FeatureTolerance(precision));
    for (std::size_t c = 0; c < kFeatureDim; c += 100) {
      float sum = 0;
      for (std::size_t x = 0; x < kLastMapSide; ++x)
        sum += profiles[(kLastMapSide + x) * kFeatureDim + c];
      CHECK(sum / kLastMapSide == Approx(features[c]).margin(1e-6));
    }
    REQUIRE_THROWS_AS(network.ProfilesOfInput(workspace, features), ContractViolation);
  }
}

}  // namespace
}  // namespace deeper
