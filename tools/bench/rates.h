#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "backbone/picture_network.h"
#include "backbone/tensor.h"

namespace deeper::tools {

// How fast something ran, of several rounds.
struct Rate {
  double median = 0;
  double lowest = 0;
  double highest = 0;
};
Rate RateOf(std::vector<double> rounds);

// One precision of the network beside the processor's peak for its type. One worker's rates count
// the seconds that the processor spent on it, which other programs do not disturb; all workers'
// rates are by the clock.
struct PrecisionRates {
  std::string precision;
  Rate peak_gmacs;      // multiplications in registers, one worker, GMAC/s
  Rate crops;           // whole forward passes, one worker, crops/s
  Rate fraction;        // of the peak, pair by pair: each round measures both
  int workers = 1;      // all of them
  Rate all_peak_gmacs;  // the same with all workers at once, sums over them
  Rate all_crops;
  std::vector<StepTime> steps;  // of one worker, the median of each
  std::size_t workspace_bytes = 0;
};

// GMAC of one forward pass from crop to features.
double ForwardGmac();

// Measures over `rounds` rounds of about `round_s` seconds. The crop is noise, on which the rate
// does not depend.
PrecisionRates MeasurePrecision(const Network& network, int workers, int rounds, double round_s);

// One precision of the network over whole pictures beside the peak for its type, one worker, by the
// seconds that the processor spent on it.
struct WholePictureRates {
  std::string precision;
  MapSize size{};         // of the picture
  double trunk_gmac = 0;  // multiplications of one picture's trunk, thousands of millions
  Rate trunks;            // pictures/s
  Rate trunk_fraction;    // of the peak, pair by pair
  double region_gmac = 0;
  Rate regions;          // regions/s, each cut out of the map and run to its features
  Rate region_fraction;  // of the peak
  Rate cuts;             // regions/s, cut out of the map alone
};

// Measures on noise, as large as a picture of 500 x 375 pixels is scaled. The regions are a quarter
// of it.
WholePictureRates MeasureWholePictures(const PictureNetwork& network, int rounds, double round_s);

// Another engine with the same weights. `features` returns those of crops (n, 3, 224, 224), n x
// 1024.
struct Peer {
  std::string name;
  std::function<std::vector<float>(TensorView crops)> features;
};

// One of our networks beside a peer, on the same crops, both with `threads` threads. One thread's
// rates count the seconds that the processor spent on it; several threads' rates are by the clock.
// The peer gets batches of 16.
struct PeerRates {
  std::string peer;
  std::string precision;  // ours; peers compute in f32
  int threads = 1;
  Rate peer_crops;
  Rate our_crops;
  Rate ratio;             // ours / theirs, pair by pair
  double difference = 0;  // largest of the two networks' features, relative to the largest feature
};

// Measures each peer with each of `networks`, in this order, all of them in every round. Expects
// peers that compute with `threads` threads.
std::vector<PeerRates> MeasurePeers(const std::vector<Peer>& peers,
                                    const std::vector<Network>& networks,
                                    int threads,
                                    int rounds,
                                    double round_s);

}  // namespace deeper::tools
