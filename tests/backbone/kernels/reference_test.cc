#include "backbone/kernels/reference.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper::kernels {
namespace {

using test::RandomTensor;

Tensor Counting(const Shape& shape) {
  Tensor tensor = MakeTensor(shape);
  std::iota(tensor.data.begin(), tensor.data.end(), 1.0F);
  return tensor;
}

Tensor Convolve(const Tensor& source,
                const Tensor& weight,
                const std::vector<float>& bias,
                const Window& window) {
  Tensor destination = MakeTensor({source.shape.n,
                                   weight.shape.n,
                                   OutputSide(source.shape.h, window, Rounding::kDown),
                                   OutputSide(source.shape.w, window, Rounding::kDown)});
  ConvolutionReference(
      source, weight, TensorView({bias.size(), 1, 1, 1}, bias), window, destination);
  return destination;
}

Tensor MaxPool(const Tensor& source, const Window& window, Rounding rounding) {
  Tensor destination = MakeTensor({source.shape.n,
                                   source.shape.c,
                                   OutputSide(source.shape.h, window, rounding),
                                   OutputSide(source.shape.w, window, rounding)});
  MaxPoolReference(source, window, rounding, destination);
  return destination;
}

Tensor AveragePool(const Tensor& source, const Window& window, Rounding rounding) {
  Tensor destination = MakeTensor({source.shape.n,
                                   source.shape.c,
                                   OutputSide(source.shape.h, window, rounding),
                                   OutputSide(source.shape.w, window, rounding)});
  AveragePoolReference(source, window, rounding, destination);
  return destination;
}

TEST_CASE("convolution of a 3x3 map with a 2x2 filter is what one gets by hand") {
  // 1 2 3     1 10        1*1 + 2*10 + 4*100 + 5*1000 = 5421, and so on; the filter is not turned
  // 4 5 6  *  100 1000    around. 0.5 is the bias.
  // 7 8 9
  const Tensor source = Counting({1, 1, 3, 3});
  const Tensor weight = {.shape = {1, 1, 2, 2}, .data = {1, 10, 100, 1000}};
  const Tensor result = Convolve(source, weight, {0.5F}, {.kernel = 2, .stride = 1, .pad = 0});
  REQUIRE(result.data == std::vector<float>{5421.5F, 6532.5F, 8754.5F, 9865.5F});
}

TEST_CASE("convolution pads with zeros and skips by its stride") {
  const Tensor source = Counting({1, 1, 3, 3});
  const Tensor ones = {.shape = {1, 1, 3, 3}, .data = std::vector<float>(9, 1.0F)};
  const Tensor result = Convolve(source, ones, {0}, {.kernel = 3, .stride = 2, .pad = 1});
  REQUIRE(result.data ==
          std::vector<float>{1 + 2 + 4 + 5, 2 + 3 + 5 + 6, 4 + 5 + 7 + 8, 5 + 6 + 8 + 9});
}

TEST_CASE("convolution sums over channels, and each picture and filter has its own result") {
  const Tensor source = {.shape = {2, 2, 1, 1}, .data = {1, 2, 3, 4}};
  const Tensor weight = {.shape = {2, 2, 1, 1}, .data = {1, 10, 100, 1000}};
  const Tensor result = Convolve(source, weight, {0, 1}, {});
  REQUIRE(result.data == std::vector<float>{21, 2101, 43, 4301});
}

TEST_CASE("convolution with a filter that is one in its middle is the identity") {
  const Tensor source = RandomTensor({1, 1, 5, 7}, 1);
  Tensor weight = MakeTensor({1, 1, 5, 5});
  weight.data[12] = 1;
  REQUIRE(Convolve(source, weight, {0}, {.kernel = 5, .stride = 1, .pad = 2}) == source);
}

TEST_CASE("convolution is linear in its source") {
  const Window window = {.kernel = 3, .stride = 2, .pad = 1};
  const Tensor a = RandomTensor({1, 3, 6, 5}, 2);
  const Tensor b = RandomTensor({1, 3, 6, 5}, 3);
  Tensor sum = a;
  for (std::size_t i = 0; i < sum.data.size(); ++i) sum.data[i] += b.data[i];
  const Tensor weight = RandomTensor({4, 3, 3, 3}, 4);
  const std::vector<float> none(4, 0.0F);
  const Tensor of_a = Convolve(a, weight, none, window);
  const Tensor of_b = Convolve(b, weight, none, window);
  const Tensor of_sum = Convolve(sum, weight, none, window);
  for (std::size_t i = 0; i < of_sum.data.size(); ++i) {
    REQUIRE(of_sum.data[i] == Approx(of_a.data[i] + of_b.data[i]).margin(1e-5));
  }
}

TEST_CASE("convolution refuses weights of other channels and a destination of another shape") {
  const Tensor source = MakeTensor({1, 3, 4, 4});
  const std::vector<float> bias(2);
  REQUIRE_THROWS_AS(Convolve(source, MakeTensor({2, 4, 1, 1}), bias, {}), ContractViolation);
  Tensor small = MakeTensor({1, 2, 3, 4});
  REQUIRE_THROWS_AS(
      ConvolutionReference(
          source, MakeTensor({2, 3, 1, 1}), TensorView({2, 1, 1, 1}, bias), {}, small),
      ContractViolation);
}

TEST_CASE("ReLU keeps what is positive and makes zero of the rest") {
  Tensor map = {.shape = {1, 1, 1, 4}, .data = {-1, 0, 0.5F, 3}};
  ReluReference(map);
  REQUIRE(map.data == std::vector<float>{0, 0, 0.5F, 3});
}

TEST_CASE("max pooling up has a last window that hangs over the edge") {
  const Tensor source = Counting({1, 1, 4, 4});
  const Window window = {.kernel = 3, .stride = 2, .pad = 0};
  REQUIRE(MaxPool(source, window, Rounding::kUp).data == std::vector<float>{11, 12, 15, 16});
  REQUIRE(MaxPool(source, window, Rounding::kDown).data == std::vector<float>{11});
}

TEST_CASE("padding never wins a max pool") {
  const Tensor source = {.shape = {1, 1, 2, 2}, .data = {-4, -3, -2, -1}};
  const Tensor result = MaxPool(source, {.kernel = 3, .stride = 1, .pad = 1}, Rounding::kUp);
  REQUIRE(result.data == std::vector<float>(4, -1.0F));
}

TEST_CASE("average pooling takes the mean of the pixels that are there") {
  const Tensor source = Counting({1, 1, 3, 3});
  REQUIRE(AveragePool(source, {.kernel = 3, .stride = 1, .pad = 0}, Rounding::kUp).data ==
          std::vector<float>{5});
  const Tensor hanging = AveragePool(source, {.kernel = 2, .stride = 2, .pad = 0}, Rounding::kUp);
  REQUIRE(hanging.data == std::vector<float>{3, 4.5F, 7.5F, 9});
}

TEST_CASE(
    "LRN divides by k + alpha/n times the squares of the channels around, to the power of beta") {
  const Tensor source = {.shape = {1, 4, 1, 1}, .data = {1, 2, 3, 4}};
  Tensor result = MakeTensor(source.shape);
  LrnReference(source, {.size = 3, .alpha = 0.3F, .beta = 0.5F, .k = 2.0F}, result);
  const double squares[] = {1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16};
  for (std::size_t c = 0; c < 4; ++c) {
    CAPTURE(c);
    const double expected = static_cast<double>(c + 1) / std::sqrt(2 + 0.1 * squares[c]);
    REQUIRE(static_cast<double>(result.data[c]) == Approx(expected).epsilon(1e-6));
  }
}

TEST_CASE("LRN without alpha and with k one is the identity") {
  const Tensor source = RandomTensor({2, 7, 3, 2}, 5);
  Tensor result = MakeTensor(source.shape);
  LrnReference(source, {.size = 5, .alpha = 0, .beta = 0.75F, .k = 1}, result);
  REQUIRE(result == source);
}

TEST_CASE("a fully connected layer sees all of a picture's values in their order") {
  const Tensor source = {.shape = {2, 1, 1, 2}, .data = {1, 2, 3, 4}};
  const Tensor weight = {.shape = {2, 2, 1, 1}, .data = {1, 10, 100, 1000}};
  const Tensor bias = {.shape = {2, 1, 1, 1}, .data = {0.5F, -1}};
  Tensor result = MakeTensor({2, 2, 1, 1});
  FullyConnectedReference(source, weight, bias, result);
  REQUIRE(result.data == std::vector<float>{21.5F, 2099, 43.5F, 4299});
}

TEST_CASE("softmax of ln 1, ln 2, ln 5 is 1/8, 2/8, 5/8") {
  std::vector<float> scores = {0, std::log(2.0F), std::log(5.0F)};
  Softmax(scores);
  REQUIRE(scores[0] == Approx(0.125));
  REQUIRE(scores[1] == Approx(0.25));
  REQUIRE(scores[2] == Approx(0.625));
}

TEST_CASE("softmax sums to one and does not overflow, whatever the scores are shifted by") {
  for (const float shift : {-1e6F, 0.0F, 88.0F, 1e6F}) {
    CAPTURE(shift);
    std::vector<float> scores = {shift, shift + 1, shift + 2};
    Softmax(scores);
    REQUIRE(scores[0] + scores[1] + scores[2] == Approx(1.0));
    REQUIRE(scores[2] / scores[1] == Approx(std::exp(1.0)).epsilon(1e-4));
  }
}

}  // namespace
}  // namespace deeper::kernels
