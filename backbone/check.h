#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// How far a step of the fast network is from the same layers of the reference, over all crops. Each
// of the two networks reads what its own layers wrote, so differences add up on the way.
struct LayerDifference {
  std::string layer;           // or two that run in one pass: "pool1/3x3_s2 + pool1/norm1"
  std::string implementation;  // oneDNN's name of its kernel, or "vectorised" for our own
  double largest_value = 0;    // max |reference|
  double absolute = 0;         // max |fast - reference|
  double relative = 0;         // absolute / largest_value; absolute where that is 0

  bool operator==(const LayerDifference&) const = default;
};

// Runs crops through the network as `options` say, and through the reference in plain loops.
// Returns one comparison per step, in the order of the steps. Takes seconds per crop.
//   crops: (n, 3, 224, 224), n > 0
// Throws Error when the weights do not fit the table or the processor cannot run the precision.
std::vector<LayerDifference> CompareWithReference(const Weights& weights,
                                                  const NetworkOptions& options,
                                                  TensorView crops);

}  // namespace deeper
