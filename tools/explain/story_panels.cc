#include "tools/explain/story_panels.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "detector/regions/crop.h"

namespace deeper::tools {

Image CropOf(const StoryPicture& picture, std::size_t region, std::size_t model) {
  const CropOptions& crop = picture.models[model].crop;
  const auto side = static_cast<std::size_t>(crop.size_px);
  std::vector<float> planes(3 * side * side);
  Crop(picture.image, picture.proposals[region], crop, planes);
  Image image = MakeImage(crop.size_px, crop.size_px, 0, 0, 0);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < side * side; ++i) {
      const float value = planes[c * side * side + i] + crop.mean_bgr.at(c);
      image.bgr[3 * i + c] = static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
    }
  }
  return image;
}

StoryPanel PanelOf(const StoryPicture& picture, const CandidatePlace& place, std::string caption) {
  const Candidate& asked = CandidateAt(picture, place);
  StoryPanel panel{.picture = CropOf(picture, asked.region, place.list),
                   .caption = std::move(caption),
                   .bars = {}};
  for (const Candidate* candidate : BestClasses(picture, place)) {
    panel.bars.push_back({.name = ClassOf(picture, candidate->detection),
                          .score = candidate->detection.score,
                          .chosen = candidate == &asked});
  }
  return panel;
}

}  // namespace deeper::tools
