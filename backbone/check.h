#pragma once

#include <string>
#include <vector>

#include "backbone/network.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// How far a layer of the fast network is from the same layer of the reference, over all crops. Each
// network reads what its own layers wrote, so differences add up on the way.
struct LayerDifference {
  std::string layer;
  std::string implementation;  // what computed it: oneDNN's name of its kernel; "plain" for loops
                               // of our own
  double largest_value = 0;    // max |reference|
  double absolute = 0;         // max |fast - reference|
  double relative = 0;         // absolute / largest_value; absolute where that is 0

  bool operator==(const LayerDifference&) const = default;
};

// Runs `crops` (n, 3, 224, 224) through the network in `precision` and through the reference in
// plain loops, side by side, and compares what every layer writes. In the order of
// GoogLeNetLayers(). Takes seconds a crop. Throws Error when the weights do not fit the table or
// the processor cannot run the precision. Expects n > 0.
std::vector<LayerDifference> CompareWithReference(const Weights& weights,
                                                  Precision precision,
                                                  TensorView crops);

}  // namespace deeper
