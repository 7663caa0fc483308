#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "backbone/execution/frozen_part.h"

namespace deeper {

// Makes the inputs of a network that is trained, from crops: the frozen part on each. Safe from
// several threads, each with its own number.
class NetworkInputs {
 public:
  // `frozen` must outlive this.
  NetworkInputs(const FrozenPart& frozen, std::size_t workers);

  // Writes to `input` what the frozen part makes of the crop that draw() writes: 3 x 224 x 224,
  // mean subtracted. What it throws reaches the caller.
  void Make(std::size_t worker,
            std::span<std::byte> input,
            const std::function<void(std::span<float> crop_chw)>& draw);

 private:
  struct Thread {
    std::vector<float> crop;
    FrozenPart::Buffers buffers;
  };
  const FrozenPart* frozen_;
  std::vector<Thread> threads_;
};

// Mirrors a crop left to right.
void MirrorCrop(std::span<float> crop_chw);

}  // namespace deeper
