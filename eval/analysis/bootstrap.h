#pragma once

#include <cstdint>

#include "core/dataset.h"
#include "eval/evaluate.h"

namespace deeper {

struct BootstrapOptions {
  int replicates = 1000;     // at least 2; more make the ends of the interval steadier
  double confidence = 0.95;  // in (0, 1)
  std::uint64_t seed = 1;
  // Replicates are evaluated in parallel by this many threads; the result does not depend on it.
  int workers = 1;

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

// The interval in which the mean mAP of data sets of this kind and size lies.
struct ConfidenceInterval {
  double low = 0;
  double high = 0;
  double standard_error = 0;  // standard deviation over the replicates

  bool operator==(const ConfidenceInterval&) const = default;
};

// Bootstrap (Efron 1979) over pictures: each replicate draws as many pictures as the data set has,
// with replacement, and takes their mAP under the protocol of `evaluation`. Matching is not
// repeated, since no rule looks beyond a picture. Classes without objects in a replicate do not
// enter its mean.
//
// How far replicates lie from their own mean stands for how far the mAP lies from the mean mAP of
// such data sets. The mAP of replicates itself is too high, the more so the fewer objects a class
// has: a picture that is drawn twice repeats its detections' luck.
//
// The interval is 0, 0 without any picture or class with objects. Expects `evaluation` to be of
// `dataset`.
ConfidenceInterval BootstrapMeanAveragePrecision(const Dataset& dataset,
                                                 const Evaluation& evaluation,
                                                 const BootstrapOptions& options = {});

}  // namespace deeper
