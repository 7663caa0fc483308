#pragma once

#include <string>
#include <vector>

#include "backbone/googlenet.h"

namespace deeper {

enum class StepKind { kConvolution, kMaxPool, kMaxPoolThenLrn, kLrnThenMaxPool, kGlobalAverage };

// What one kernel computes: a layer, or a pool and its neighbouring LRN in one pass, of which the
// map between them never exists.
struct Step {
  StepKind kind = StepKind::kConvolution;
  std::string name;  // its layers' names: "pool1/3x3_s2 + pool1/norm1"
  Layer layer;       // of two: reads what the first reads, writes what the second writes, under the
                     // second's name, with the pool's window
};

// `layers`, in an order in which they can run, as they run. Expects every LRN beside a max pool.
std::vector<Step> StepsOf(const std::vector<Layer>& layers);

// GoogLeNetLayers() as they run.
std::vector<Step> GoogLeNetSteps();

}  // namespace deeper
