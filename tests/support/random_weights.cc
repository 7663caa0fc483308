#include "tests/support/random_weights.h"

#include <cmath>

#include "backbone/googlenet.h"
#include "core/random.h"

namespace deeper::test {

namespace {

// Uniform values of this variance around zero.
Tensor RandomTensor(Shape shape, double variance, Random& random) {
  Tensor tensor = MakeTensor(shape);
  const double bound = std::sqrt(3 * variance);
  for (float& value : tensor.data) value = static_cast<float>((2 * random.Uniform() - 1) * bound);
  return tensor;
}

}  // namespace

Weights RandomGoogLeNetWeights(std::uint64_t seed, std::size_t classes) {
  Random random(seed);
  Weights weights;
  for (const Layer& convolution : GoogLeNetConvolutions()) {
    const Shape shape = WeightShape(convolution);
    const auto inputs = static_cast<double>(shape.c * shape.h * shape.w);
    weights[WeightName(convolution.name)] = RandomTensor(shape, 2 / inputs, random);
    weights[BiasName(convolution.name)] = RandomTensor(BiasShape(convolution), 1e-4, random);
  }
  if (classes > 0) {
    const std::size_t features = kInception.back().Out();
    weights[WeightName(kClassifierName)] = RandomTensor(
        {.n = classes, .c = features, .h = 1, .w = 1}, 1.0 / static_cast<double>(features), random);
    weights[BiasName(kClassifierName)] = MakeTensor({.n = classes, .c = 1, .h = 1, .w = 1});
  }
  return weights;
}

}  // namespace deeper::test
