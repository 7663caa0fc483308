#include "detector/features.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/error.h"

namespace deeper {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr std::size_t kCropValues = 3 * kCropSide * kCropSide;

}  // namespace

StageTimes& StageTimes::operator+=(const StageTimes& other) {
  decode_s += other.decode_s;
  proposals_s += other.proposals_s;
  crop_s += other.crop_s;
  network_s += other.network_s;
  heads_s += other.heads_s;
  return *this;
}

FeatureExtractor::FeatureExtractor(const Network& network, const CropOptions& crop)
    : network_(&network), crop_(crop), workspace_(network.MakeWorkspace()) {
  crop_.Validate();
  if (crop_.size_px != static_cast<int>(kCropSide)) {
    throw Error("crop size_px = " + std::to_string(crop_.size_px) + ": GoogLeNet reads crops of " +
                std::to_string(kCropSide) + " px");
  }
  crops_chw_.resize(network.options().batch * kCropValues);
}

RegionFeatures FeatureExtractor::Extract(const Image& image,
                                         std::vector<Box> boxes,
                                         StageTimes& times) {
  RegionFeatures regions = {.image_width = image.width,
                            .image_height = image.height,
                            .feature_dim = kFeatureDim,
                            .boxes = std::move(boxes),
                            .features = {}};
  regions.features.resize(regions.boxes.size() * kFeatureDim);

  const std::size_t batch = network_->options().batch;
  for (std::size_t begin = 0; begin < regions.boxes.size(); begin += batch) {
    const std::size_t count = std::min(batch, regions.boxes.size() - begin);
    const std::span crops = std::span(crops_chw_).first(count * kCropValues);

    const Clock::time_point crop_start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
      Crop(image, regions.boxes[begin + i], crop_, crops.subspan(i * kCropValues, kCropValues));
    }
    times.crop_s += SecondsSince(crop_start);

    const Clock::time_point network_start = Clock::now();
    network_->Features(
        TensorView({.n = count, .c = 3, .h = kCropSide, .w = kCropSide}, crops),
        workspace_,
        std::span(regions.features).subspan(begin * kFeatureDim, count * kFeatureDim));
    times.network_s += SecondsSince(network_start);
  }
  return regions;
}

}  // namespace deeper
