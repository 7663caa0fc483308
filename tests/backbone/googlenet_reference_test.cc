#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "backbone/check.h"
#include "backbone/kernels/onednn.h"
#include "backbone/network.h"
#include "backbone/weight_files.h"
#include "core/file.h"
#include "core/parse.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"

// BVLC GoogLeNet on two pictures, against the probabilities that Caffe gave for the same bytes.

namespace deeper {
namespace {

constexpr std::size_t kClasses = 1000;

struct Picture {
  const char* number;
  std::size_t top_class;
};
constexpr Picture kPictures[] = {{"0", 428}, {"1", 452}};

// Raw bytes, interleaved BGR, as they are: Caffe saw them without a mean subtracted.
Tensor ReadCrop(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = ReadFile(path);
  Tensor crop = MakeTensor({1, 3, kCropSide, kCropSide});
  REQUIRE(bytes.size() == crop.data.size());
  const std::size_t pixels = kCropSide * kCropSide;
  for (std::size_t p = 0; p < pixels; ++p) {
    for (std::size_t c = 0; c < 3; ++c)
      crop.data[c * pixels + p] = static_cast<float>(bytes[3 * p + c]);
  }
  return crop;
}

std::vector<double> ReadProbabilities(const std::filesystem::path& path) {
  const std::string text = ReadTextFile(path);
  std::vector<double> probabilities;
  for (const std::string_view line : SplitLines(text)) {
    if (!line.empty()) probabilities.push_back(ParseDouble(line).value());
  }
  REQUIRE(probabilities.size() == kClasses);
  return probabilities;
}

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
  for (const Picture& picture : kPictures) {
    CAPTURE(picture.number);
    const std::filesystem::path folder = data / "googlenet_reference";
    const std::string number = picture.number;
    const std::vector<double> expected =
        ReadProbabilities(folder / ("probabilities_" + number + ".txt"));
    const std::vector<float> found =
        Classify(network, ReadCrop(folder / ("picture_" + number + ".bgr")));
    REQUIRE(found.size() == kClasses);
    double distance = 0;
    for (std::size_t i = 0; i < kClasses; ++i) {
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
  const Tensor crop = ReadCrop(data / "googlenet_reference/picture_0.bgr");
  for (const LayerDifference& difference : CompareWithReference(weights, {}, crop)) {
    CAPTURE(difference.layer, difference.absolute, difference.largest_value);
    CHECK(difference.relative <= 2e-5);
  }
}

}  // namespace
}  // namespace deeper
