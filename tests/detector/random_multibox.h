#pragma once

#include <cstddef>
#include <cstdint>

#include "backbone/rows.h"
#include "backbone/training/training_plan.h"
#include "core/random.h"
#include "detector/multibox/multibox.h"
#include "tests/backbone/random_tensor.h"

namespace deeper::test {

// A MultiBox of `boxes` boxes on random weights whose activations keep their size.
inline MultiBox RandomMultiBox(std::size_t boxes, std::uint64_t seed) {
  MultiBox multibox;
  Random random(seed);
  for (std::size_t i = 0; i < boxes; ++i) {
    const auto x = static_cast<float>(random.Uniform() / 2);
    const auto y = static_cast<float>(random.Uniform() / 2);
    multibox.priors.push_back(
        {.mean = {x, y, x + 0.4F, y + 0.4F}, .deviation = {0.05F, 0.1F, 0.05F, 0.1F}});
  }
  multibox.mean_bgr = {100, 110, 120};
  multibox.weights = RandomWeights(seed);
  AddMissingBlobs(TrainedBlobs(PlanTraining({.frozen = "inception_5b",
                                             .auxiliary_heads = false,
                                             .main_head = MainHead::kMap}),
                               MultiBoxOutputs(boxes)),
                  seed,
                  multibox.weights);
  return multibox;
}

}  // namespace deeper::test
