#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "backbone/weights.h"

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

// One of our networks beside OpenCV's dnn module with the same weights and crops, both by the clock
// with `threads` threads; OpenCV gets batches of 16.
struct PeerRates {
  std::string precision;  // ours; OpenCV computes in f32
  int threads = 1;
  Rate peer_crops;
  Rate our_crops;
  Rate ratio;             // ours / theirs, pair by pair
  double difference = 0;  // largest of the two networks' features, relative to the largest feature
};

// In the order of `networks`, of which each round measures all. Leaves OpenCV with `threads`.
std::vector<PeerRates> MeasureOpenCv(const Weights& weights,
                                     const std::vector<Network>& networks,
                                     int threads,
                                     int rounds,
                                     double round_s);

}  // namespace deeper::tools
