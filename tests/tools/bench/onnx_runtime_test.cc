#include "tools/bench/onnx_runtime.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "backbone/files/onnx.h"
#include "backbone/files/weight_files.h"
#include "backbone/network.h"
#include "core/error.h"
#include "tests/backbone/googlenet_reference.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"

// Declares `name` as the library that $DEEPER_ONNXRUNTIME names, or leaves the test case.
// NOLINTBEGIN(bugprone-macro-parentheses): a declared name takes none
#define DEEPER_REQUIRE_ONNXRUNTIME(name)                                                  \
  const char* const name##_or_none = std::getenv("DEEPER_ONNXRUNTIME");                   \
  if (name##_or_none == nullptr) {                                                        \
    WARN("skipped: needs ONNX Runtime; set DEEPER_ONNXRUNTIME to its libonnxruntime.so"); \
    return;                                                                               \
  }                                                                                       \
  const std::string name = name##_or_none
// NOLINTEND(bugprone-macro-parentheses)

namespace deeper::tools {
namespace {

using Catch::Contains;

TEST_CASE("a library that is not there is an error that names it") {
  REQUIRE_THROWS_WITH(LoadOnnxRuntime("/nowhere/libonnxruntime.so"),
                      Contains("/nowhere/libonnxruntime.so") && Contains("No such file"));
}

TEST_CASE("a library that is not ONNX Runtime is refused") {
  REQUIRE_THROWS_WITH(LoadOnnxRuntime("libm.so.6"),
                      Contains("libm.so.6: has no function OrtGetApiBase"));
}

TEST_CASE("an ONNX Runtime that is too old is refused with its version") {
  REQUIRE_THROWS_WITH(LoadOnnxRuntime(DEEPER_OLD_ONNX_RUNTIME),
                      Contains("is ONNX Runtime 1.2.0, expected 1.6 or later"));
}

TEST_CASE("ONNX Runtime gives the features of our network, with one thread and with two") {
  DEEPER_REQUIRE_ONNXRUNTIME(library);
  const OnnxRuntime runtime = LoadOnnxRuntime(library);
  const Weights weights = test::RandomWeights(1);
  const Tensor crops = test::RandomTensor({2, 3, kCropSide, kCropSide}, 2, -120, 150);
  const Network network(weights, {});
  Workspace workspace = network.MakeWorkspace();
  std::vector<float> ours(2 * kFeatureDim);
  network.Features(crops, workspace, ours);
  const float largest = *std::ranges::max_element(ours);
  for (const int threads : {1, 2}) {
    const OnnxRuntimeNetwork peer(runtime, OnnxOf(weights), threads);
    const std::vector<float> theirs = peer.Run(crops, kOnnxFeatures, kFeatureDim);
    REQUIRE(theirs.size() == ours.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (std::abs(ours[i] - theirs[i]) > 1e-5F * largest) FAIL("feature " << i);
    }
  }
}

TEST_CASE("ONNX Runtime gives Caffe's probabilities and ours to 1e-5") {
  DEEPER_REQUIRE_ONNXRUNTIME(library);
  DEEPER_REQUIRE_DATA(data);
  const OnnxRuntime runtime = LoadOnnxRuntime(library);
  const Weights weights = ReadBackboneWeights(data / "weights/bvlc_googlenet.caffemodel");
  const OnnxRuntimeNetwork peer(runtime, OnnxOf(weights), 1);
  const Network network(weights, {});
  Workspace workspace = network.MakeWorkspace();
  for (const test::ReferencePicture& picture : test::kReferencePictures) {
    CAPTURE(picture.number);
    const Tensor crop = test::ReadReferenceCrop(data, picture);
    const std::vector<double> caffes = test::ReadReferenceProbabilities(data, picture);
    const std::vector<float> theirs = peer.Run(crop, kOnnxProbabilities, test::kReferenceClasses);
    std::vector<float> features(kFeatureDim);
    network.Features(crop, workspace, features);
    std::vector<float> ours(test::kReferenceClasses);
    network.Probabilities(features, ours);
    double from_caffes = 0;
    double from_ours = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      from_caffes = std::max(from_caffes, std::abs(double{theirs[i]} - caffes[i]));
      from_ours = std::max(from_ours, std::abs(double{theirs[i]} - double{ours[i]}));
    }
    CHECK(from_caffes <= 1e-5);
    CHECK(from_ours <= 1e-5);
  }
}

TEST_CASE("ONNX Runtime's own reason is told when it refuses a network or a run") {
  DEEPER_REQUIRE_ONNXRUNTIME(library);
  const OnnxRuntime runtime = LoadOnnxRuntime(library);
  REQUIRE_THROWS_WITH(OnnxRuntimeNetwork(runtime, "no network", 1), Contains("ONNX Runtime: "));
  const OnnxRuntimeNetwork peer(runtime, OnnxOf(test::RandomWeights(1)), 1);
  const Tensor crop = MakeTensor({1, 3, kCropSide, kCropSide});
  REQUIRE_THROWS_WITH(peer.Run(crop, "no output", 1), Contains("no output"));
  REQUIRE_THROWS_AS(peer.Run(crop, kOnnxFeatures, kFeatureDim + 1), Error);
}

}  // namespace
}  // namespace deeper::tools
