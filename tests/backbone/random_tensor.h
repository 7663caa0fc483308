#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backbone/googlenet.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"
#include "core/random.h"

namespace deeper::test {

// Values uniform in [low, high), the same for the same seed on every machine.
inline Tensor RandomTensor(const Shape& shape, std::uint64_t seed, float low = -1, float high = 1) {
  Random random(seed);
  Tensor tensor = MakeTensor(shape);
  for (float& value : tensor.data) {
    value = low + (high - low) * static_cast<float>(random.Uniform());
  }
  return tensor;
}

// Weights for GoogLeNet that keep the size of the activations from layer to layer (variance 2 /
// inputs; He et al. 2015), with a classifier of `classes` classes (0: none).
inline Weights RandomWeights(std::uint64_t seed, std::size_t classes = 0) {
  Weights weights;
  const auto add = [&](std::string_view layer, const Shape& shape) {
    const std::size_t inputs = shape.Count() / shape.n;
    const float bound = std::sqrt(6.0F / static_cast<float>(inputs));
    weights[WeightName(layer)] = RandomTensor(shape, seed + 2 * weights.size(), -bound, bound);
    weights[BiasName(layer)] =
        RandomTensor({shape.n, 1, 1, 1}, seed + 2 * weights.size(), -0.1F, 0.1F);
  };
  for (const Layer& convolution : GoogLeNetConvolutions())
    add(convolution.name, WeightShape(convolution));
  if (classes > 0) add(kClassifierName, {classes, 1024, 1, 1});
  return weights;
}

}  // namespace deeper::test
