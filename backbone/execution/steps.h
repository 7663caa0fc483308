#pragma once

#include <string>
#include <vector>

#include "backbone/googlenet.h"

namespace deeper {

enum class StepKind { kConvolution, kMaxPool, kMaxPoolThenLrn, kLrnThenMaxPool, kGlobalAverage };

// What one kernel computes: a layer, or a pool and its neighbouring LRN in one pass. The map
// between these two never exists.
struct Step {
  StepKind kind = StepKind::kConvolution;
  std::string name;  // its layers' names: "pool1/3x3_s2 + pool1/norm1"
  // Of two layers: it reads what the first reads, and writes what the second writes. It has the
  // name of the second, and the window of the pool.
  Layer layer;
};

// The steps that run `layers`, which must be in an order in which they can run. Expects every LRN
// beside a max pool.
std::vector<Step> StepsOf(const std::vector<Layer>& layers);

// The steps that run GoogLeNetLayers(), TrunkLayers() and RegionLayers().
std::vector<Step> GoogLeNetSteps();
std::vector<Step> TrunkSteps(const MapSize& picture);
std::vector<Step> RegionSteps();

}  // namespace deeper
