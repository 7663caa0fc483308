#include "tools/bench_rates.h"

#include "backbone/kernels/peak.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

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

TEST_CASE("no network is faster than the peak of its processor, and two are measured in one run") {
  const Weights weights = test::RandomWeights(1, 0);
  const Network network(weights, {});
  const PrecisionRates rates = MeasurePrecision(network, 1, 3, 0.05);
  REQUIRE(rates.precision == "f32");
  REQUIRE(rates.crops.median > 0);
  if (rates.peak_gmacs.median > 0) REQUIRE(rates.fraction.median <= 1.05);
  std::vector<Network> networks;
  networks.emplace_back(weights, NetworkOptions{});
  const std::vector<PeerRates> peers = MeasureOpenCv(weights, networks, 1, 1, 0.05);
  REQUIRE(peers.size() == 1);
  REQUIRE(peers.front().difference < 1e-4);
  REQUIRE(peers.front().ratio.median > 0);
}

}  // namespace
}  // namespace deeper::tools
