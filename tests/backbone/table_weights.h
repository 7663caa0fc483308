#pragma once

#include <cstddef>
#include <string>

#include "backbone/googlenet.h"
#include "backbone/weights.h"

namespace deeper::test {

// Weights of the right names and shapes for GoogLeNet, each blob filled with its own number, with a
// classifier of `classes` classes (0: none).
inline Weights TableWeights(std::size_t classes) {
  Weights weights;
  const auto add = [&weights](const std::string& name, const Shape& shape) {
    Tensor tensor = MakeTensor(shape);
    const float value = 0.001F * static_cast<float>(weights.size() + 1);
    for (float& entry : tensor.data) entry = value;
    weights.emplace(name, std::move(tensor));
  };
  for (const Layer& convolution : GoogLeNetConvolutions()) {
    add(WeightName(convolution.name), WeightShape(convolution));
    add(BiasName(convolution.name), BiasShape(convolution));
  }
  if (classes > 0) {
    add(WeightName(kClassifierName), {.n = classes, .c = 1024, .h = 1, .w = 1});
    add(BiasName(kClassifierName), {.n = classes, .c = 1, .h = 1, .w = 1});
  }
  return weights;
}

}  // namespace deeper::test
