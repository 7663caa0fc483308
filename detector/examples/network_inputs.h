#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "backbone/execution/frozen_part.h"

namespace deeper {

// Makes the inputs of a network in training: runs the frozen part on crops. Safe from several
// threads, each with its own `worker` number.
class NetworkInputs {
 public:
  // `frozen` must outlive this.
  NetworkInputs(const FrozenPart& frozen, std::size_t workers);

  // Writes to `input` the output of the frozen part for the crop that draw() writes:
  //   3 x 224 x 224, mean subtracted.
  // Exceptions of draw() reach the caller.
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
