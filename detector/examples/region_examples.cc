#include "detector/examples/region_examples.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/out_of_range.h"
#include "core/random.h"
#include "detector/heads/nearest_object.h"

namespace deeper {
namespace {

void CheckIou(const char* field, double iou) {
  if (iou >= 0 && iou <= 1) return;
  throw OutOfRange(field, iou, "an IoU from 0 to 1");
}

}  // namespace

void RegionLabelOptions::Validate() const {
  CheckIou("foreground_iou", foreground_iou);
  CheckIou("background_min_iou", background_min_iou);
  CheckIou("background_max_iou", background_max_iou);
  if (background_max_iou > foreground_iou) {
    throw OutOfRange("background_max_iou",
                     background_max_iou,
                     fmt::format("at most the {} of what is foreground", foreground_iou));
  }
}

void AddRegions(const AnnotatedImage& image,
                std::size_t image_position,
                const std::vector<Box>& proposals,
                const RegionLabelOptions& options,
                RegionPool& pool) {
  options.Validate();
  for (const Annotation& annotation : image.annotations) {
    if (annotation.difficult || annotation.box.IsEmpty()) continue;
    pool.foreground.push_back({.image = image_position,
                               .box = annotation.box,
                               .label = 1 + IndexOf(annotation.class_id)});
  }
  for (const Box& box : proposals) {
    const NearestObject nearest = FindNearestObject(box, image.annotations);
    if (nearest.iou >= options.foreground_iou && nearest.annotation != nullptr) {
      if (nearest.annotation->difficult) continue;
      pool.foreground.push_back({.image = image_position,
                                 .box = box,
                                 .label = 1 + IndexOf(nearest.annotation->class_id)});
    } else if (nearest.iou >= options.background_min_iou &&
               nearest.iou < options.background_max_iou) {
      pool.background.push_back({.image = image_position, .box = box, .label = 0});
    }
  }
}

RegionSampler::RegionSampler(RegionPool pool, const RegionSamplingOptions& options)
    : pool_(std::move(pool)), options_(options) {
  Expects(BatchSize() > 0, "at least one example a batch");
  if (options_.foreground > 0 && pool_.foreground.empty()) {
    throw Error("no box overlaps an object enough to be foreground; check the annotations");
  }
  if (options_.background > 0 && pool_.background.empty()) {
    throw Error("no proposal is background; lower the minimum overlap of background");
  }
  std::map<std::size_t, std::vector<std::size_t>> by_label;
  for (std::size_t i = 0; i < pool_.foreground.size(); ++i)
    by_label[pool_.foreground[i].label].push_back(i);
  for (auto& [label, positions] : by_label) by_class_.push_back(std::move(positions));
}

std::vector<RegionExample> RegionSampler::Batch(std::uint64_t number) const {
  // Generators of neighbouring seeds would draw overlapping sequences; hashing the number keeps the
  // batches apart.
  Random random(options_.seed ^ Random(number).Next());
  const std::size_t objects = pool_.foreground.size();
  std::vector<RegionExample> batch;
  const auto add = [&](std::size_t position) {
    batch.push_back({.region = position < objects ? pool_.foreground[position]
                                                  : pool_.background[position - objects],
                     .mirrored = options_.mirror && random.Below(2) == 1,
                     .position = position});
  };
  for (std::size_t i = 0; i < options_.foreground; ++i) {
    if (options_.class_balanced) {
      const std::vector<std::size_t>& positions = by_class_[random.Below(by_class_.size())];
      add(positions[random.Below(positions.size())]);
    } else {
      add(random.Below(objects));
    }
  }
  for (std::size_t i = 0; i < options_.background; ++i)
    add(objects + random.Below(pool_.background.size()));
  return batch;
}

}  // namespace deeper
