#pragma once

#include <functional>
#include <vector>

#include "core/box.h"
#include "core/image.h"
#include "detector/heads/region_features.h"

namespace deeper {

// Seconds of processor time that one picture took in each stage, summed over the threads that
// worked on it.
struct StageTimes {
  double decode_s = 0;
  double proposals_s = 0;
  double crop_s = 0;  // crops, or the scaled picture and the cutting of its map
  double network_s = 0;
  double heads_s = 0;

  StageTimes& operator+=(const StageTimes& other);
};

// A way to get features of a picture's regions, by one or several networks. Safe from several
// threads.
class RegionExtractor {
 public:
  RegionExtractor() = default;
  RegionExtractor(const RegionExtractor&) = delete;
  RegionExtractor& operator=(const RegionExtractor&) = delete;
  virtual ~RegionExtractor() = default;

  // The features of `boxes`, in their order, by each network. Adds to times.crop_s and
  // times.network_s.
  virtual std::vector<RegionFeatures> ExtractForAll(const Image& image,
                                                    const std::vector<Box>& boxes,
                                                    StageTimes& times) = 0;
  // The same of the boxes that `propose` returns. What needs no boxes is done meanwhile, where
  // another thread of the arena is free.
  virtual std::vector<RegionFeatures> ExtractProposed(
      const Image& image, const std::function<std::vector<Box>()>& propose, StageTimes& times) {
    return ExtractForAll(image, propose(), times);
  }
};

}  // namespace deeper
