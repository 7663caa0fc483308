#include "tools/training_inputs.h"

#include <algorithm>

#include "backbone/network.h"

namespace deeper::tools {

namespace {

void MirrorCrop(std::span<float> crop_chw) {
  for (std::size_t row = 0; row < crop_chw.size(); row += kCropSide) {
    const auto begin = crop_chw.begin() + static_cast<std::ptrdiff_t>(row);
    std::reverse(begin, begin + static_cast<std::ptrdiff_t>(kCropSide));
  }
}

}  // namespace

TrainingInputs::TrainingInputs(const PictureStore& pictures,
                               const CropOptions& crop,
                               const FrozenPart& frozen,
                               std::size_t workers)
    : pictures_(&pictures), crop_(crop), frozen_(&frozen) {
  for (std::size_t i = 0; i < workers; ++i) {
    threads_.push_back({.crop = std::vector<float>(3 * kCropSide * kCropSide),
                        .buffers = FrozenPart::Buffers(frozen)});
  }
}

void TrainingInputs::Make(std::size_t image,
                          const Box& box,
                          bool mirrored,
                          std::size_t worker,
                          std::span<std::byte> input) {
  Thread& own = threads_[worker];
  Crop(*pictures_->Get(image), box, crop_, own.crop);
  if (mirrored) MirrorCrop(own.crop);
  frozen_->Run(TensorView({1, 3, kCropSide, kCropSide}, own.crop), own.buffers, input);
}

}  // namespace deeper::tools
