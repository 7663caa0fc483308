#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"
#include "detector/examples/region_examples.h"
#include "detector/heads/heads.h"

namespace deeper {

// A region of a picture with what it is to give.
struct TargetRegion {
  Box box;
  std::size_t label = 0;  // 0 is background, 1 + class an object
  // Where the object lies that the region shows; nothing for background.
  std::optional<BoxOffsets> offsets = std::nullopt;

  bool operator==(const TargetRegion&) const = default;
};

// The regions that examples of one picture are drawn from.
struct PictureRegions {
  std::vector<TargetRegion> foreground;
  std::vector<TargetRegion> background;

  bool IsEmpty() const { return foreground.empty() && background.empty(); }
};

// The regions of a picture as AddRegions labels them. Where none is background by those rules, the
// proposals that overlap every object by less are.
PictureRegions RegionsOfPicture(const AnnotatedImage& image,
                                const std::vector<Box>& proposals,
                                const RegionLabelOptions& options);

// How regions are drawn from a picture (Girshick 2015, section 2.3).
struct PictureSamplingOptions {
  std::size_t regions = 64;  // at most
  double foreground = 0.25;  // of them, at most
};

// Draws regions, each at most once, objects first. The same seed gives the same.
std::vector<TargetRegion> DrawRegions(const PictureRegions& regions,
                                      const PictureSamplingOptions& options,
                                      std::uint64_t seed);

}  // namespace deeper
