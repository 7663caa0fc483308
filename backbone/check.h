#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// How far a step of the fast network is from the same layers of the reference, over all crops. Each
// network reads what its own layers wrote, so differences add up on the way.
struct LayerDifference {
  std::string layer;           // or two that run in one pass: "pool1/3x3_s2 + pool1/norm1"
  std::string implementation;  // oneDNN's name of its kernel, or "vectorised" for our own
  double largest_value = 0;    // max |reference|
  double absolute = 0;         // max |fast - reference|
  double relative = 0;         // absolute / largest_value; absolute where that is 0

  bool operator==(const LayerDifference&) const = default;
};

// Runs `crops` (n, 3, 224, 224) through the network as `options` say and through the reference in
// plain loops, side by side, and compares what every step writes, in their order. Takes seconds a
// crop. Throws Error when the weights do not fit the table or the processor cannot run the
// precision. Expects n > 0.
std::vector<LayerDifference> CompareWithReference(const Weights& weights,
                                                  const NetworkOptions& options,
                                                  TensorView crops);

}  // namespace deeper
