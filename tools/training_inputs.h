#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backbone/execution/frozen_part.h"
#include "core/box.h"
#include "detector/regions/crop.h"
#include "tools/training_pictures.h"

namespace deeper::tools {

// Makes the inputs of a network that is trained from parts of pictures: crop, mirror, frozen part.
// Safe from several threads, each with its own number.
class TrainingInputs {
 public:
  // All but `crop` must outlive this. Expects crops of the network's side.
  TrainingInputs(const PictureStore& pictures,
                 const CropOptions& crop,
                 const FrozenPart& frozen,
                 std::size_t workers);

  // Writes the input for `box` of picture `image` to `input`. Throws Error when the picture cannot
  // be read.
  void Make(std::size_t image,
            const Box& box,
            bool mirrored,
            std::size_t worker,
            std::span<std::byte> input);

 private:
  struct Thread {
    std::vector<float> crop;
    FrozenPart::Buffers buffers;
  };
  const PictureStore* pictures_;
  CropOptions crop_;
  const FrozenPart* frozen_;
  std::vector<Thread> threads_;
};

}  // namespace deeper::tools
