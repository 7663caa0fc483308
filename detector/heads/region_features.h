#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backbone/googlenet.h"
#include "core/box.h"

namespace deeper {

// Boxes of one picture and what the backbone computes from their crops: its unscaled pool5
// features, or the unit profiles of its last map (ExtractProfilesForAll).
struct RegionFeatures {
  int image_width = 0;
  int image_height = 0;
  std::size_t feature_dim = kFeatureDim;
  std::vector<Box> boxes;
  std::vector<float> features;  // boxes x feature_dim, row-major
  // feature_dim values of the whole picture, unscaled like the others; empty unless requested.
  std::vector<float> context = {};
  // boxes x regressors x 4, row-major: where a box regression that reads profiles moves the boxes.
  // Empty without one.
  std::vector<float> offsets = {};

  std::span<const float> Row(std::size_t i) const {
    return std::span(features).subspan(i * feature_dim, feature_dim);
  }
  bool operator==(const RegionFeatures&) const = default;
};

}  // namespace deeper
