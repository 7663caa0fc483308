#include "detector/examples/network_inputs.h"

#include <algorithm>

#include "backbone/network.h"

namespace deeper {

NetworkInputs::NetworkInputs(const FrozenPart& frozen, std::size_t workers) : frozen_(&frozen) {
  for (std::size_t i = 0; i < workers; ++i) {
    threads_.push_back({.crop = std::vector<float>(3 * kCropSide * kCropSide),
                        .buffers = FrozenPart::Buffers(frozen)});
  }
}

void NetworkInputs::Make(std::size_t worker,
                         std::span<std::byte> input,
                         const std::function<void(std::span<float>)>& draw) {
  Thread& own = threads_[worker];
  draw(own.crop);
  frozen_->Run(TensorView({1, 3, kCropSide, kCropSide}, own.crop), own.buffers, input);
}

void MirrorCrop(std::span<float> crop_chw) {
  for (std::size_t row = 0; row < crop_chw.size(); row += kCropSide) {
    const auto begin = crop_chw.begin() + static_cast<std::ptrdiff_t>(row);
    std::reverse(begin, begin + static_cast<std::ptrdiff_t>(kCropSide));
  }
}

}  // namespace deeper
