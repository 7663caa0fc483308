#include "detector/examples/picture_draw.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/random.h"
#include "detector/heads/offset_deviations.h"
#include "detector/regions/crop.h"
#include "detector/regions/picture_frame.h"

namespace deeper {

PictureDraw::PictureDraw(const Dataset& dataset,
                         const TrainingPictures& pictures,
                         PictureDrawOptions options)
    : pictures_(&pictures),
      options_(std::move(options)),
      order_(pictures.size(), options_.pictures, options_.seed),
      store_(dataset, static_cast<std::uint64_t>(options_.memory_gb * 1e9), options_.reading) {}

void PictureDraw::Begin(std::uint64_t step) {
  Random random(options_.seed ^ Random(step).Next());
  const std::vector<int>& sides = options_.short_sides_px;
  const int side = sides[random.Below(sides.size())];
  drawn_.clear();
  for (const std::size_t number : order_.Batch(step)) {
    PictureSamplingOptions sampling = options_.sampling;
    sampling.regions = std::max(options_.candidates, sampling.regions);
    const bool mirrored = random.Below(2) == 1;
    drawn_.push_back({.number = number,
                      .mirrored = mirrored,
                      .size = FrameFor(number, side),
                      .regions = DrawRegions(pictures_->regions[number], sampling, random.Next())});
  }
}

void PictureDraw::BeginValidation(const std::vector<std::size_t>& numbers) {
  drawn_.clear();
  for (const std::size_t number : numbers) {
    drawn_.push_back(
        {.number = number,
         .size = FrameFor(number, options_.short_sides_px.back()),
         .regions = DrawRegions(pictures_->regions[number], options_.sampling, number)});
  }
}

std::vector<MapSize> PictureDraw::Sizes() const {
  std::vector<MapSize> sizes;
  for (const Drawn& drawn : drawn_) sizes.push_back(drawn.size);
  return sizes;
}

void PictureDraw::Fill(std::size_t picture, PictureInput& input) const {
  const Drawn& drawn = drawn_[picture];
  const std::shared_ptr<const Image> image = store_.Get(pictures_->positions[drawn.number]);
  const PictureFrame frame = FitInto(drawn.size, image->width, image->height);
  PutIntoFrame(
      drawn.mirrored ? MirrorImage(*image) : *image, frame, CropOptions{}.mean_bgr, input.picture);
  input.windows.clear();
  for (const TargetRegion& region : drawn.regions) {
    Box box = region.box;
    const auto width = static_cast<float>(image->width);
    if (drawn.mirrored) {
      box.x0 = width - region.box.x1;
      box.x1 = width - region.box.x0;
    }
    input.windows.push_back(WindowOf(box, image->width, image->height, frame));
  }
}

std::optional<PictureDraw::Target> PictureDraw::TargetOf(std::size_t picture,
                                                         std::size_t region) const {
  const std::optional<BoxOffsets>& offsets = Region(picture, region).offsets;
  if (!offsets) return std::nullopt;
  Target target{};
  for (std::size_t i = 0; i < target.size(); ++i)
    target[i] = static_cast<float>((*offsets)[i] / kOffsetDeviations[i]);
  if (drawn_[picture].mirrored) target[0] = -target[0];
  return target;
}

MapSize PictureDraw::FrameFor(std::size_t number, int short_side_px) const {
  const std::shared_ptr<const Image> image = store_.Get(pictures_->positions[number]);
  return FrameOfShape(short_side_px, image->height > image->width);
}

}  // namespace deeper
