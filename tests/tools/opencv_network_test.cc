#include "tools/opencv_network.h"

#include <algorithm>
#include <cmath>

#include "backbone/network.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

TEST_CASE("OpenCV's network, built from the same table, gives the same features") {
  const Weights weights = test::RandomWeights(1, 0);
  const Tensor crops = test::RandomTensor({2, 3, 224, 224}, 2, -120, 150);
  OpenCvNetwork peer(weights);
  const std::vector<float> theirs = peer.Features(crops, 1);
  const Network network(weights, {});
  Workspace workspace = network.MakeWorkspace();
  std::vector<float> ours(2 * kFeatureDim);
  network.Features(crops, workspace, ours);
  REQUIRE(theirs.size() == ours.size());
  const float largest = *std::ranges::max_element(ours);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (std::abs(ours[i] - theirs[i]) > 1e-5F * largest) FAIL("feature " << i);
  }
}

}  // namespace
}  // namespace deeper::tools
