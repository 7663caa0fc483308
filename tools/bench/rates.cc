#include "tools/bench/rates.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <iterator>
#include <memory>
#include <thread>

#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/peak.h"
#include "backbone/kernels/region_pool.h"
#include "backbone/kernels/stored_value.h"
#include "backbone/precision.h"
#include "tools/bench/noise_crops.h"

namespace deeper::tools {

namespace {

constexpr std::size_t kPeerBatch = 16;

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double ClockSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

using Clock = double (*)();

// Calls `work` until `seconds` have passed by `clock`; returns what it returned, summed, by the
// second.
double RateOver(double seconds, Clock clock, const std::function<double()>& work) {
  const double start = clock();
  double done = 0;
  double passed = 0;
  while (passed < seconds) {
    done += work();
    passed = clock() - start;
  }
  return done / passed;
}

// The sum of what `threads` threads do at once, each with work of its own, by the second.
double RateOfAll(int threads,
                 double seconds,
                 Clock clock,
                 const std::function<std::function<double()>()>& make_work) {
  std::vector<double> rates(static_cast<std::size_t>(threads));
  std::barrier ready(threads);
  {
    std::vector<std::jthread> running;
    running.reserve(rates.size());
    for (double& rate : rates) {
      running.emplace_back([&] {
        const std::function<double()> work = make_work();
        work();
        ready.arrive_and_wait();
        rate = RateOver(seconds, clock, work);
      });
    }
  }
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

kernels::ElementType ElementOf(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return kernels::ElementType::kF32;
    case Precision::kBf16:
      return kernels::ElementType::kBf16;
    case Precision::kInt8:
      break;
  }
  return kernels::ElementType::kU8;
}

// Thousands of millions of multiplications in registers, a hundredth of a second's worth or so.
double MultiplyAWhile(kernels::ElementType element) {
  return 1e-9 * static_cast<double>(kernels::MultiplyInRegisters(element, 500'000'000));
}

// A worker's forward passes over a crop of noise: each call is one crop.
class Forward {
 public:
  explicit Forward(const Network& network)
      : network_(network), workspace_(network.MakeWorkspace()), features_(kFeatureDim) {
    network_.Features(NoiseCrops(1), workspace_, features_);
  }
  double operator()() {
    network_.FeaturesOfInput(workspace_, features_);
    return 1;
  }
  Workspace& workspace() { return workspace_; }

 private:
  const Network& network_;
  Workspace workspace_;
  std::vector<float> features_;
};

std::function<double()> ForwardOf(const Network& network) {
  return [forward = std::make_shared<Forward>(network)] { return (*forward)(); };
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::vector<StepTime> MedianProfile(const Network& network, Workspace& workspace, int rounds) {
  std::vector<std::vector<StepTime>> profiles;
  profiles.reserve(static_cast<std::size_t>(rounds));
  for (int round = 0; round < rounds; ++round) profiles.push_back(network.Profile(workspace));
  std::vector<StepTime> median = profiles.front();
  for (std::size_t i = 0; i < median.size(); ++i) {
    std::vector<double> seconds;
    seconds.reserve(profiles.size());
    for (const auto& profile : profiles) seconds.push_back(profile[i].seconds);
    median[i].seconds = Median(std::move(seconds));
  }
  return median;
}

// Largest difference of the network's features of `crops` from `expected`, relative to the largest
// of these.
double RelativeDifference(const Network& network,
                          const Tensor& crops,
                          const std::vector<float>& expected) {
  std::vector<float> features(expected.size());
  Workspace workspace = network.MakeWorkspace();
  network.Features(crops, workspace, features);
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < features.size(); ++i) {
    largest = std::max(largest, std::abs(double{expected[i]}));
    difference = std::max(difference, std::abs(double{features[i]} - double{expected[i]}));
  }
  return difference / largest;
}

// Multiplications of the convolutions among these layers, thousands of millions.
double GmacOf(const std::vector<Layer>& layers) {
  double macs = 0;
  for (const Layer& layer : layers) {
    if (layer.kind == LayerKind::kConvolution) macs += static_cast<double>(Macs(layer));
  }
  return 1e-9 * macs;
}

// Writes a picture of noise.
void FillWithNoise(const MapSize& size, const CropRows& rows) {
  const Tensor crop = NoiseCrops(1);  // 3 x 224 x 224, repeated
  kernels::DispatchElement(rows.element, [&]<class Element>(Element) {
    for (std::size_t y = 0; y < size.height; ++y) {
      auto* row = reinterpret_cast<typename Element::Stored*>(rows.first + y * rows.row_bytes);
      for (std::size_t i = 0; i < size.width * kInputChannels; ++i)
        row[i] = Element::Store(crop.data[(y * 997 + i) % crop.data.size()], 1);
    }
  });
}

}  // namespace

Rate RateOf(std::vector<double> rounds) {
  const auto [lowest, highest] = std::ranges::minmax(rounds);
  return {.median = Median(std::move(rounds)), .lowest = lowest, .highest = highest};
}

double ForwardGmac() { return GmacOf(GoogLeNetLayers()); }

PrecisionRates MeasurePrecision(const Network& network, int workers, int rounds, double round_s) {
  const Precision precision = network.options().precision;
  const auto multiply = [element = ElementOf(precision)] { return MultiplyAWhile(element); };
  Forward forward(network);
  std::vector<double> peak;
  std::vector<double> crops;
  std::vector<double> fraction;
  std::vector<double> all_peak;
  std::vector<double> all_crops;
  for (int round = 0; round < rounds; ++round) {
    peak.push_back(RateOver(round_s / 4, ThreadSeconds, multiply));
    crops.push_back(RateOver(round_s, ThreadSeconds, std::ref(forward)));
    fraction.push_back(crops.back() * ForwardGmac() / peak.back());
    all_peak.push_back(RateOfAll(
        workers, round_s / 4, ClockSeconds, [&]() -> std::function<double()> { return multiply; }));
    all_crops.push_back(
        RateOfAll(workers, round_s, ClockSeconds, [&] { return ForwardOf(network); }));
  }
  constexpr int kProfiles = 51;
  return {.precision = NameOf(precision),
          .peak_gmacs = RateOf(std::move(peak)),
          .crops = RateOf(std::move(crops)),
          .fraction = RateOf(std::move(fraction)),
          .workers = workers,
          .all_peak_gmacs = RateOf(std::move(all_peak)),
          .all_crops = RateOf(std::move(all_crops)),
          .steps = MedianProfile(network, forward.workspace(), kProfiles),
          .workspace_bytes = forward.workspace().SizeBytes()};
}

WholePictureRates MeasureWholePictures(const PictureNetwork& network, int rounds, double round_s) {
  const Precision precision = network.options().precision;
  const kernels::ElementType element = ElementOf(precision);
  WholePictureRates rates;
  rates.precision = NameOf(precision);
  rates.size = {.height = 576, .width = 768};
  rates.trunk_gmac = GmacOf(TrunkLayers(rates.size));
  rates.region_gmac = GmacOf(RegionLayers());
  const kernels::RegionWindow window = {.x0 = 200, .y0 = 150, .x1 = 584, .y1 = 438};
  PictureNetwork::PictureWorkspace picture = network.MakePictureWorkspace();
  PictureNetwork::RegionWorkspace region = network.MakeRegionWorkspace();
  FillWithNoise(rates.size, network.Input(rates.size, picture));
  network.RunTrunk(picture);
  const PictureMap map = network.MapIn(picture);
  std::vector<std::byte> cut(kernels::kRegionSide * kernels::kRegionSide * map.shape.c *
                             kernels::SizeOf(element));
  const std::vector<kernels::RegionWindow> windows(PictureNetwork::kRegionsTogether, window);
  std::vector<float> features(windows.size() * kFeatureDim);
  std::vector<double> trunks;
  std::vector<double> trunk_fraction;
  std::vector<double> regions;
  std::vector<double> region_fraction;
  std::vector<double> cuts;
  for (int round = 0; round < rounds; ++round) {
    const double peak =
        RateOver(round_s / 4, ThreadSeconds, [&] { return MultiplyAWhile(element); });
    trunks.push_back(RateOver(round_s, ThreadSeconds, [&] {
      network.RunTrunk(picture);
      return 1.0;
    }));
    trunk_fraction.push_back(trunks.back() * rates.trunk_gmac / peak);
    regions.push_back(RateOver(round_s, ThreadSeconds, [&] {
      network.FeaturesOf(windows, picture, region, features);
      return static_cast<double>(windows.size());
    }));
    region_fraction.push_back(regions.back() * rates.region_gmac / peak);
    cuts.push_back(RateOver(round_s / 4, ThreadSeconds, [&] {
      kernels::RegionPool(map.bytes, map.shape, map.encoding.element, window, cut);
      return 1.0;
    }));
  }
  rates.trunks = RateOf(std::move(trunks));
  rates.trunk_fraction = RateOf(std::move(trunk_fraction));
  rates.regions = RateOf(std::move(regions));
  rates.region_fraction = RateOf(std::move(region_fraction));
  rates.cuts = RateOf(std::move(cuts));
  return rates;
}

std::vector<PeerRates> MeasurePeers(const std::vector<Peer>& peers,
                                    const std::vector<Network>& networks,
                                    int threads,
                                    int rounds,
                                    double round_s) {
  const Clock clock = threads == 1 ? ThreadSeconds : ClockSeconds;
  const Tensor crops = NoiseCrops(kPeerBatch);
  std::vector<std::vector<float>> expected;
  expected.reserve(peers.size());
  for (const Peer& peer : peers) expected.push_back(peer.features(crops));
  std::vector<std::vector<double>> peer_crops(peers.size());
  std::vector<std::vector<double>> our_crops(networks.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t p = 0; p < peers.size(); ++p) {
      peer_crops[p].push_back(RateOver(round_s, clock, [&] {
        peers[p].features(crops);
        return static_cast<double>(kPeerBatch);
      }));
    }
    for (std::size_t i = 0; i < networks.size(); ++i) {
      our_crops[i].push_back(
          RateOfAll(threads, round_s, clock, [&] { return ForwardOf(networks[i]); }));
    }
  }
  std::vector<PeerRates> rates;
  for (std::size_t p = 0; p < peers.size(); ++p) {
    for (std::size_t i = 0; i < networks.size(); ++i) {
      std::vector<double> ratio;
      std::ranges::transform(
          our_crops[i], peer_crops[p], std::back_inserter(ratio), std::divides());
      rates.push_back({.peer = peers[p].name,
                       .precision = NameOf(networks[i].options().precision),
                       .threads = threads,
                       .peer_crops = RateOf(peer_crops[p]),
                       .our_crops = RateOf(our_crops[i]),
                       .ratio = RateOf(std::move(ratio)),
                       .difference = RelativeDifference(networks[i], crops, expected[p])});
    }
  }
  return rates;
}

}  // namespace deeper::tools
