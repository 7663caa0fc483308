#include "tools/bench/rates.h"

#include "backbone/files/onnx.h"
#include "backbone/kernels/peak.h"
#include "backbone/network.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tools/bench/opencv_network.h"

namespace deeper::tools {
namespace {

TEST_CASE("a rate is the median of its rounds, with the lowest and the highest") {
  const Rate rate = RateOf({5, 1, 4, 2, 3});
  REQUIRE(rate.median == 3);
  REQUIRE(rate.lowest == 1);
  REQUIRE(rate.highest == 5);
}

TEST_CASE("a forward pass is GoogLeNet's 1.58 GMAC") {
  REQUIRE(ForwardGmac() == Approx(1.581).margin(0.001));
}

TEST_CASE("the peak's loop does at least the multiplications that it is asked for") {
  for (const std::size_t count : {std::size_t{1}, std::size_t{1000}, std::size_t{1'000'000}}) {
    const std::size_t done = kernels::MultiplyInRegisters(kernels::ElementType::kF32, count);
    REQUIRE((done == 0 || done >= count));
  }
}

TEST_CASE("no network is faster than the peak of its processor") {
  const Weights weights = test::RandomWeights(1, 0);
  const Network network(weights, {});
  const PrecisionRates rates = MeasurePrecision(network, 1, 3, 0.05);
  REQUIRE(rates.precision == "f32");
  REQUIRE(rates.crops.median > 0);
  if (rates.peak_gmacs.median > 0) REQUIRE(rates.fraction.median <= 1.05);
}

TEST_CASE("each peer is measured beside each network, and computes the same in f32") {
  const Weights weights = test::RandomWeights(1);
  std::vector<Network> networks;
  for (int i = 0; i < 2; ++i) networks.emplace_back(weights, NetworkOptions{});
  OpenCvNetwork opencv(OnnxOf(weights));
  const Peer peer{"OpenCV", [&](TensorView crops) { return opencv.Run(crops, 1); }};
  const Peer wrong{"wrong", [&](TensorView crops) {
                     std::vector<float> features = opencv.Run(crops, 1);
                     features[3] += 1;
                     return features;
                   }};
  const std::vector<PeerRates> peers = MeasurePeers({peer, wrong}, networks, 1, 1, 0.05);
  REQUIRE(peers.size() == 4);
  for (const PeerRates& rates : peers) {
    CAPTURE(rates.peer);
    REQUIRE((rates.difference < 1e-4) == (rates.peer == "OpenCV"));
    REQUIRE(rates.ratio.median == Approx(rates.our_crops.median / rates.peer_crops.median));
  }
}

}  // namespace
}  // namespace deeper::tools
