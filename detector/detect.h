#pragma once

#include <vector>

#include "core/detection.h"
#include "core/image.h"
#include "detector/features.h"
#include "detector/model.h"

namespace deeper {

struct DetectOptions {
  bool box_regression = true;  // apply the model's, where it has one
  float min_score = -1;        // detections below are dropped before suppression
  NmsOptions nms = {};
  void Validate() const;
};

// Scores the regions of one picture with the model's heads: margins of every class, box regression,
// clipping to the picture, per-class suppression. By descending score. Boxes that regression makes
// empty are dropped.
std::vector<Detection> DetectFromFeatures(const Model& model,
                                          RegionFeatures regions,
                                          const DetectOptions& options);

}  // namespace deeper
