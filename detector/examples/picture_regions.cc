#include "detector/examples/picture_regions.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "detector/examples/draw_some.h"
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
  std::vector<TargetRegion> drawn = DrawSome(regions.foreground, objects, random);
  const std::vector<TargetRegion> background = DrawSome(regions.background, others, random);
  drawn.insert(drawn.end(), background.begin(), background.end());
  return drawn;
}

}  // namespace deeper
