#include "tests/backbone/googlenet_reference.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include "backbone/check.h"
#include "backbone/files/weight_files.h"
#include "backbone/kernels/instruction_set.h"
#include "backbone/network.h"
#include "backbone/precision.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"

// BVLC GoogLeNet on two pictures, against the probabilities that Caffe computed from the same
// bytes.

namespace deeper {
namespace {

std::vector<float> Classify(const Network& network, const Tensor& crop) {
  Workspace workspace = network.MakeWorkspace();
  std::vector<float> features(kFeatureDim);
  network.Features(crop, workspace, features);
  std::vector<float> probabilities(network.ClassCount());
  network.Probabilities(features, probabilities);
  return probabilities;
}

void RequireCaffesProbabilities(const std::filesystem::path& data,
                                Precision precision,
                                double tolerance) {
  const Network network(ReadBackboneWeights(data / "weights/bvlc_googlenet.caffemodel"),
                        {.precision = precision});
  for (const test::ReferencePicture& picture : test::kReferencePictures) {
    CAPTURE(picture.number);
    const std::vector<double> expected = test::ReadReferenceProbabilities(data, picture);
    const std::vector<float> found = Classify(network, test::ReadReferenceCrop(data, picture));
    REQUIRE(found.size() == test::kReferenceClasses);
    double distance = 0;
    for (std::size_t i = 0; i < test::kReferenceClasses; ++i) {
      distance = std::max(distance, std::abs(static_cast<double>(found[i]) - expected[i]));
    }
    CHECK(distance <= tolerance);
    CHECK(std::max_element(found.begin(), found.end()) - found.begin() ==
          static_cast<std::ptrdiff_t>(picture.top_class));
  }
}

TEST_CASE("f32 gives Caffe's probabilities to 1e-5") {
  DEEPER_REQUIRE_DATA(data);
  RequireCaffesProbabilities(data, Precision::kF32, 1e-5);
}

TEST_CASE("bf16 gives Caffe's best class, and its probabilities to 0.02") {
  DEEPER_REQUIRE_DATA(data);
  if (!kernels::RunsBf16()) {
    WARN("skipped: needs a processor with AVX512_BF16");
    return;
  }
  RequireCaffesProbabilities(data, Precision::kBf16, 0.02);
}

TEST_CASE("every layer agrees with the reference on learned weights and a photograph") {
  DEEPER_REQUIRE_DATA(data);
  const Weights weights = ReadBackboneWeights(data / "weights/bvlc_googlenet.caffemodel");
  const Tensor crop = test::ReadReferenceCrop(data, test::kReferencePictures[0]);
  for (const LayerDifference& difference : CompareWithReference(weights, {}, crop)) {
    CAPTURE(difference.layer, difference.absolute, difference.largest_value);
    CHECK(difference.relative <= 2e-5);
  }
}

}  // namespace
}  // namespace deeper
