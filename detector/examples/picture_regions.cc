#include "detector/examples/picture_regions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/random.h"
#include "detector/heads/nearest_object.h"

namespace deeper {
namespace {

TargetRegion TargetOf(const LabelledRegion& region, const AnnotatedImage& image) {
  TargetRegion target = {.box = region.box, .label = region.label};
  if (region.label == 0) return target;
  const NearestObject nearest = FindNearestObject(region.box, image.annotations);
  target.offsets = OffsetsBetween(region.box, nearest.annotation->box);
  return target;
}

// Moves `count` of the positions 0 .. size - 1 to the front, drawn at random, and returns them.
std::vector<std::size_t> Drawn(std::size_t size, std::size_t count, Random& random) {
  std::vector<std::size_t> positions(size);
  for (std::size_t i = 0; i < size; ++i) positions[i] = i;
  for (std::size_t i = 0; i < count; ++i)
    std::swap(positions[i], positions[i + random.Below(size - i)]);
  positions.resize(count);
  return positions;
}

}  // namespace

PictureRegions RegionsOfPicture(const AnnotatedImage& image,
                                const std::vector<Box>& proposals,
                                const RegionLabelOptions& options) {
  RegionPool pool;
  AddRegions(image, 0, proposals, options, pool);
  if (pool.background.empty()) {
    RegionLabelOptions any = options;
    any.background_min_iou = 0;
    pool = {};
    AddRegions(image, 0, proposals, any, pool);
  }
  PictureRegions regions;
  for (const LabelledRegion& region : pool.foreground)
    regions.foreground.push_back(TargetOf(region, image));
  for (const LabelledRegion& region : pool.background)
    regions.background.push_back(TargetOf(region, image));
  return regions;
}

std::vector<TargetRegion> DrawRegions(const PictureRegions& regions,
                                      const PictureSamplingOptions& options,
                                      std::uint64_t seed) {
  Expects(options.regions > 0, "at least one region");
  Random random(seed);
  const auto most = static_cast<std::size_t>(
      std::lround(options.foreground * static_cast<double>(options.regions)));
  const std::size_t objects = std::min(most, regions.foreground.size());
  const std::size_t others = std::min(options.regions - objects, regions.background.size());
  std::vector<TargetRegion> drawn;
  for (const std::size_t i : Drawn(regions.foreground.size(), objects, random))
    drawn.push_back(regions.foreground[i]);
  for (const std::size_t i : Drawn(regions.background.size(), others, random))
    drawn.push_back(regions.background[i]);
  return drawn;
}

}  // namespace deeper
