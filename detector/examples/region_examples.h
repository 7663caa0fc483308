#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"

namespace deeper {

// A box of a training picture with its label: 0 is background, 1 + class an object.
struct LabelledRegion {
  std::size_t image = 0;  // position in the data set
  Box box;
  std::size_t label = 0;

  bool operator==(const LabelledRegion&) const = default;
};

// The regions that the batches of fine-tuning are drawn from, in the order of the pictures.
struct RegionPool {
  std::vector<LabelledRegion> foreground;
  std::vector<LabelledRegion> background;
};

// Girshick et al. 2014, section 2.3: foreground overlaps an object by IoU >= 0.5, all else is
// background.
struct RegionLabelOptions {
  double foreground_iou = 0.5;      // of the object that the box overlaps most; raising it gives
                                    // fewer, cleaner examples
  double background_min_iou = 0.0;  // boxes that overlap every object by less are left out
  double background_max_iou = 0.5;  // and those that overlap one by this much or more

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  bool operator==(const RegionLabelOptions&) const = default;
};

// Appends the regions of a picture: its objects' own boxes, then its proposals, each with the class
// of the object that it overlaps most (the first of equals). A box that overlaps a difficult object
// most is left out unless it is background. Difficult objects' own boxes are left out too.
void AddRegions(const AnnotatedImage& image,
                std::size_t image_position,
                const std::vector<Box>& proposals,
                const RegionLabelOptions& options,
                RegionPool& pool);

struct RegionSamplingOptions {
  std::size_t foreground = 32;  // examples per batch; with `background` at least 1
  std::size_t background = 96;
  // Draw the class first, evenly over those that have regions, instead of evenly over regions.
  // Helps rare classes; common ones are seen less.
  bool class_balanced = false;
  bool mirror = true;  // each example at random
  std::uint64_t seed = 0;

  bool operator==(const RegionSamplingOptions&) const = default;
};

struct RegionExample {
  LabelledRegion region;
  bool mirrored = false;
  std::size_t position = 0;  // in the pool's foreground, or behind it in its background

  bool operator==(const RegionExample&) const = default;
};

// Draws batches from a pool. A batch depends only on the pool, the options and its number.
class RegionSampler {
 public:
  // Throws Error when the pool has no region of a kind that is wanted.
  RegionSampler(RegionPool pool, const RegionSamplingOptions& options);

  std::size_t BatchSize() const { return options_.foreground + options_.background; }
  const RegionPool& pool() const { return pool_; }

  // The examples of batch `number`, foreground first. Each is drawn from all, so one may come
  // twice. Const and safe to call from several threads.
  std::vector<RegionExample> Batch(std::uint64_t number) const;

 private:
  RegionPool pool_;
  RegionSamplingOptions options_;
  std::vector<std::vector<std::size_t>> by_class_;  // positions in foreground; no class is empty
};

}  // namespace deeper
