#include "tools/bench/opencv_network.h"

#include <algorithm>
#include <cmath>

#include "backbone/files/onnx.h"
#include "backbone/network.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

// Our features of the crops, and the probabilities if the weights have a classifier.
struct Answers {
  std::vector<float> features;
  std::vector<float> probabilities;
};

Answers OurAnswers(const Weights& weights, const Tensor& crops) {
  const Network network(weights, {});
  Workspace workspace = network.MakeWorkspace();
  Answers answers{std::vector<float>(crops.shape.n * kFeatureDim),
                  std::vector<float>(crops.shape.n * network.ClassCount())};
  network.Features(crops, workspace, answers.features);
  if (network.ClassCount() > 0) network.Probabilities(answers.features, answers.probabilities);
  return answers;
}

// Largest difference, relative to the largest value.
double RelativeDifference(const std::vector<float>& theirs, const std::vector<float>& ours) {
  REQUIRE(theirs.size() == ours.size());
  double difference = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    difference = std::max(difference, std::abs(double{theirs[i]} - double{ours[i]}));
  }
  return difference / double{*std::ranges::max_element(ours)};
}

TEST_CASE("OpenCV reads our ONNX file and gives the same features") {
  const Weights weights = test::RandomWeights(1);
  const Tensor crops = test::RandomTensor({2, 3, 224, 224}, 2, -120, 150);
  OpenCvNetwork peer(OnnxOf(weights));
  const std::vector<float> ours = OurAnswers(weights, crops).features;
  CHECK(RelativeDifference(peer.Run(crops, 1), ours) <= 1e-5);
  CHECK(RelativeDifference(peer.Run(crops, 2), ours) <= 1e-5);
}

TEST_CASE("OpenCV gives the same probabilities where the network has a classifier") {
  // Small weights of the classifier, so that no class wins everywhere.
  Weights weights = test::RandomWeights(1, 10);
  for (float& weight : weights.at("loss3/classifier/weight").data) weight *= 0.05F;
  const Tensor crops = test::RandomTensor({3, 3, 224, 224}, 2, -120, 150);
  OpenCvNetwork peer(OnnxOf(weights));
  const std::vector<float> ours = OurAnswers(weights, crops).probabilities;
  CHECK(*std::ranges::max_element(ours) < 0.99F);
  CHECK(RelativeDifference(peer.Run(crops, 1), ours) <= 1e-5);
}

}  // namespace
}  // namespace deeper::tools
