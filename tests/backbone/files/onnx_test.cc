#include "backbone/files/onnx.h"

#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// tests/tools/bench/opencv_network_test.cc and onnx_runtime_test.cc check that other engines read
// such a file and compute the same.

namespace deeper {
namespace {

using Catch::Contains;

TEST_CASE("an ONNX file holds every learned value once, and little else") {
  const Weights weights = test::RandomWeights(1, 10);
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : weights) bytes += sizeof(float) * tensor.data.size();
  const std::size_t size = OnnxOf(weights).size();
  REQUIRE(size > bytes);
  REQUIRE(size < bytes + 50'000);
}

TEST_CASE("an ONNX file names its weights by fingerprint") {
  const Weights weights = test::RandomWeights(1);
  REQUIRE_THAT(OnnxOf(weights), Contains(FingerprintOf(weights)));
}

TEST_CASE("probabilities are an output of networks with a classifier alone") {
  REQUIRE_THAT(OnnxOf(test::RandomWeights(1, 10)), Contains(kOnnxProbabilities));
  REQUIRE_THAT(OnnxOf(test::RandomWeights(1)), !Contains(kOnnxProbabilities));
}

TEST_CASE("weights that are not GoogLeNet's are no ONNX file") {
  Weights weights = test::RandomWeights(1);
  weights.erase("inception_4c/3x3/bias");
  REQUIRE_THROWS_WITH(OnnxOf(weights), Contains("inception_4c/3x3/bias"));
}

}  // namespace
}  // namespace deeper
