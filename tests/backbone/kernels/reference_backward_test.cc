#include "backbone/kernels/reference_backward.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "backbone/kernels/reference.h"
#include "core/error.h"
#include "core/random.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// Every gradient against central differences of the forward reference. The loss is
//   sum_i r_i y_i
// with random r, summed in double, so r is the derivative of y.

namespace deeper::kernels {
namespace {

using test::RandomTensor;
using Forward = std::function<Tensor(const Tensor&)>;

double Loss(const Tensor& output, const Tensor& weights_of_loss) {
  double sum = 0;
  for (std::size_t i = 0; i < output.data.size(); ++i) {
    sum += static_cast<double>(output.data[i]) * static_cast<double>(weights_of_loss.data[i]);
  }
  return sum;
}

// Checks `gradient` of the loss at `at`, value by value. `step` is a power of two. The forward
// reference rounds its output to f32, which leaves about 1e-7 / step of the differences.
void CheckGradient(const Forward& forward,
                   const Tensor& at,
                   const Tensor& weights_of_loss,
                   const Tensor& gradient,
                   float step,
                   double tolerance) {
  REQUIRE(gradient.shape == at.shape);
  for (std::size_t i = 0; i < at.data.size(); ++i) {
    Tensor above = at;
    Tensor below = at;
    above.data[i] += step;
    below.data[i] -= step;
    const double distance = static_cast<double>(above.data[i]) - static_cast<double>(below.data[i]);
    const double difference =
        (Loss(forward(above), weights_of_loss) - Loss(forward(below), weights_of_loss)) / distance;
    CAPTURE(i, difference);
    REQUIRE(static_cast<double>(gradient.data[i]) ==
            Approx(difference).epsilon(tolerance).margin(tolerance));
  }
}

Shape Slid(const Shape& source, std::size_t channels, const Window& window, Rounding rounding) {
  return {source.n,
          channels,
          OutputSide(source.h, window, rounding),
          OutputSide(source.w, window, rounding)};
}

// Values that differ from each other by more than 0.01 and are not near 0, so that a small step
// changes no maximum and no sign.
Tensor WellSeparated(const Shape& shape, std::uint64_t seed) {
  Tensor tensor = MakeTensor(shape);
  std::vector<std::size_t> order(tensor.data.size());
  std::iota(order.begin(), order.end(), 0U);
  Random random(seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto rank = static_cast<float>(order[i]) - static_cast<float>(order.size()) / 2;
    tensor.data[i] = 0.02F * (rank + 0.5F);
  }
  return tensor;
}

TEST_CASE("the gradients of a convolution agree with central differences") {
  struct Case {
    Shape source;
    std::size_t out;
    Window window;
  };
  const Case cases[] = {{{2, 3, 5, 4}, 2, {3, 1, 1}},
                        {{1, 2, 7, 7}, 3, {3, 2, 1}},
                        {{1, 1, 6, 5}, 2, {5, 1, 2}},
                        {{2, 4, 3, 3}, 3, {1, 1, 0}},
                        {{1, 2, 4, 4}, 2, {4, 1, 0}},
                        {{1, 1, 9, 9}, 1, {7, 2, 3}}};
  for (const Case& c : cases) {
    CAPTURE(c.source.c, c.source.h, c.out, c.window.kernel, c.window.stride);
    const Tensor source = RandomTensor(c.source, 1);
    const Tensor weight = RandomTensor({c.out, c.source.c, c.window.kernel, c.window.kernel}, 2);
    const Tensor bias = RandomTensor({c.out, 1, 1, 1}, 3);
    const Shape shape = Slid(c.source, c.out, c.window, Rounding::kDown);
    const Tensor diff = RandomTensor(shape, 4);
    const auto run = [&](const Tensor& x, const Tensor& w, const Tensor& b) {
      Tensor output = MakeTensor(shape);
      ConvolutionReference(x, w, b, c.window, output);
      return output;
    };
    Tensor diff_source = MakeTensor(source.shape);
    Tensor diff_weight = MakeTensor(weight.shape);
    Tensor diff_bias = MakeTensor(bias.shape);
    ConvolutionBackwardDataReference(diff, weight, c.window, diff_source);
    ConvolutionBackwardWeightsReference(source, diff, c.window, diff_weight, diff_bias);
    // A convolution is linear in each argument: any step is as good as a small one.
    constexpr float kStep = 0.5F;
    CheckGradient([&](const Tensor& x) { return run(x, weight, bias); },
                  source,
                  diff,
                  diff_source,
                  kStep,
                  1e-5);
    CheckGradient([&](const Tensor& w) { return run(source, w, bias); },
                  weight,
                  diff,
                  diff_weight,
                  kStep,
                  1e-5);
    CheckGradient([&](const Tensor& b) { return run(source, weight, b); },
                  bias,
                  diff,
                  diff_bias,
                  kStep,
                  1e-5);
  }
}

TEST_CASE("the gradient of ReLU agrees with central differences") {
  const Tensor source = WellSeparated({1, 2, 3, 4}, 1);
  const Tensor diff = RandomTensor(source.shape, 2);
  const auto run = [](Tensor map) {
    ReluReference(map);
    return map;
  };
  Tensor gradient = diff;
  ReluBackwardReference(run(source), gradient);
  CheckGradient(run, source, diff, gradient, 0x1p-8F, 1e-4);
}

TEST_CASE("what ReLU made zero has no derivative, also where it was zero before") {
  const Tensor written = {.shape = {1, 1, 1, 3}, .data = {0, 2, 0}};
  Tensor diff = {.shape = {1, 1, 1, 3}, .data = {5, 6, 7}};
  ReluBackwardReference(written, diff);
  CHECK(diff.data == std::vector<float>{0, 6, 0});
}

TEST_CASE("the gradients of pools agree with central differences, windows over the edge included") {
  for (const Window& window : {kStridedPool, kInceptionPool, Window{5, 3, 0}, Window{2, 2, 0}}) {
    for (const Shape& shape : {Shape{1, 2, 6, 7}, Shape{2, 1, 8, 8}}) {
      CAPTURE(window.kernel, window.stride, window.pad, shape.h, shape.w);
      const Tensor source = WellSeparated(shape, 1);
      const Shape pooled = Slid(shape, shape.c, window, Rounding::kUp);
      const Tensor diff = RandomTensor(pooled, 2);
      Tensor diff_source = MakeTensor(shape);
      MaxPoolBackwardReference(source, diff, window, Rounding::kUp, diff_source);
      CheckGradient(
          [&](const Tensor& x) {
            Tensor output = MakeTensor(pooled);
            MaxPoolReference(x, window, Rounding::kUp, output);
            return output;
          },
          source,
          diff,
          diff_source,
          0x1p-8F,
          1e-4);
      AveragePoolBackwardReference(diff, window, Rounding::kUp, diff_source);
      CheckGradient(
          [&](const Tensor& x) {
            Tensor output = MakeTensor(pooled);
            AveragePoolReference(x, window, Rounding::kUp, output);
            return output;
          },
          source,
          diff,
          diff_source,
          0.5F,
          1e-5);
    }
  }
}

TEST_CASE("of a window's equal maxima the first gets the derivative") {
  const Tensor source = {.shape = {1, 1, 2, 2}, .data = {1, 3, 3, 3}};
  const Tensor diff = {.shape = {1, 1, 1, 1}, .data = {7}};
  Tensor diff_source = MakeTensor(source.shape);
  MaxPoolBackwardReference(source, diff, {2, 2, 0}, Rounding::kUp, diff_source);
  CHECK(diff_source.data == std::vector<float>{0, 7, 0, 0});
}

TEST_CASE("the gradient of LRN agrees with central differences, also where it is far from linear") {
  for (const LrnParameters& parameters :
       {LrnParameters{.size = 5, .alpha = 1e-4F, .beta = 0.75F, .k = 1},
        LrnParameters{.size = 3, .alpha = 0.5F, .beta = 0.75F, .k = 2},
        LrnParameters{.size = 5, .alpha = 2, .beta = 1.5F, .k = 1}}) {
    CAPTURE(parameters.alpha, parameters.beta);
    const Tensor source = RandomTensor({2, 7, 2, 1}, 1, -2, 2);
    const Tensor diff = RandomTensor(source.shape, 2);
    Tensor diff_source = MakeTensor(source.shape);
    LrnBackwardReference(source, diff, parameters, diff_source);
    CheckGradient(
        [&](const Tensor& x) {
          Tensor output = MakeTensor(x.shape);
          LrnReference(x, parameters, output);
          return output;
        },
        source,
        diff,
        diff_source,
        0x1p-8F,
        2e-4);
  }
}

TEST_CASE("the gradients of a fully connected layer agree with central differences") {
  const Tensor source = RandomTensor({2, 3, 2, 1}, 1);
  const Tensor weight = RandomTensor({4, 6, 1, 1}, 2);
  const Tensor bias = RandomTensor({4, 1, 1, 1}, 3);
  const Tensor diff = RandomTensor({2, 4, 1, 1}, 4);
  const auto run = [&](const Tensor& x, const Tensor& w, const Tensor& b) {
    Tensor output = MakeTensor(diff.shape);
    FullyConnectedReference(x, w, b, output);
    return output;
  };
  Tensor diff_source = MakeTensor(source.shape);
  Tensor diff_weight = MakeTensor(weight.shape);
  Tensor diff_bias = MakeTensor(bias.shape);
  FullyConnectedBackwardReference(source, weight, diff, diff_source, diff_weight, diff_bias);
  CheckGradient(
      [&](const Tensor& x) { return run(x, weight, bias); }, source, diff, diff_source, 0.5F, 1e-5);
  CheckGradient(
      [&](const Tensor& w) { return run(source, w, bias); }, weight, diff, diff_weight, 0.5F, 1e-5);
  CheckGradient(
      [&](const Tensor& b) { return run(source, weight, b); }, bias, diff, diff_bias, 0.5F, 1e-5);
}

TEST_CASE("dropout with a mask is its own gradient") {
  const std::vector<float> mask = {0, 2, 2, 0};
  Tensor source = {.shape = {1, 1, 1, 4}, .data = {1, -2, 3, 4}};
  Tensor diff = RandomTensor(source.shape, 2);
  Tensor gradient = diff;
  MultiplyByMask(mask, gradient.data);
  CheckGradient(
      [&](Tensor x) {
        MultiplyByMask(mask, x.data);
        return x;
      },
      source,
      diff,
      gradient,
      0.5F,
      1e-6);
}

TEST_CASE("gradients refuse shapes that do not belong together") {
  Tensor diff_source = MakeTensor({1, 2, 4, 4});
  const Tensor weight = MakeTensor({3, 2, 3, 3});
  CHECK_THROWS_AS(
      ConvolutionBackwardDataReference(MakeTensor({1, 3, 4, 3}), weight, {3, 1, 1}, diff_source),
      ContractViolation);
  CHECK_THROWS_AS(
      AveragePoolBackwardReference(MakeTensor({1, 2, 3, 3}), {2, 2, 0}, Rounding::kUp, diff_source),
      ContractViolation);
}

}  // namespace
}  // namespace deeper::kernels
