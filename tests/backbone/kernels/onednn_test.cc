#include "backbone/kernels/onednn.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "backbone/execution/aligned_bytes.h"
#include "backbone/kernels/reference.h"
#include "core/error.h"
#include "tests/backbone/kernel_comparison.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// The kernels of oneDNN against the reference, on inputs and weights that the element type
// represents exactly. Relative error is max |fast - reference| / max |reference| over the whole
// output. In f32 it comes from the order of the sums; in bf16 mostly from rounding the output to 8
// bits.

namespace deeper::kernels {
namespace {

using test::ElementTypes;
using test::RandomTensor;
using test::RelativeError;
using test::Representable;
using test::Tolerance;

Tensor Run(const PreparedKernel& kernel,
           const Tensor& source,
           Encoding source_encoding,
           Encoding destination_encoding) {
  AlignedBytes from(kernel.Source().Count() * SizeOf(source_encoding.element));
  AlignedBytes to(kernel.Destination().Count() * SizeOf(destination_encoding.element));
  AlignedBytes scratch(kernel.ScratchBytes());
  ToNhwc(source, source_encoding, from.bytes());
  const SingleThread single_thread;
  kernel.Bind(from.bytes(), to.bytes(), scratch.bytes()).Run();
  return FromNhwc(to.bytes(), kernel.Destination(), destination_encoding);
}

ConvolutionMaps MapsOf(const Shape& source, ElementType element) {
  return {.source = source,
          .source_encoding = {element},
          .source_zero = {},
          .destination_encoding = {element}};
}

double ConvolutionError(const Shape& source_shape,
                        std::size_t out,
                        const Window& window,
                        ElementType element) {
  const std::size_t k = window.kernel;
  const float bound = std::sqrt(6.0F / static_cast<float>(source_shape.c * k * k));
  const Tensor source = Representable(RandomTensor(source_shape, 1), element);
  const Tensor weight =
      Representable(RandomTensor({out, source_shape.c, k, k}, 2, -bound, bound), element);
  const Tensor bias = RandomTensor({out, 1, 1, 1}, 3, 0, 1);
  const PreparedKernel kernel =
      PrepareConvolution(MapsOf(source_shape, element), window, weight, bias.data);
  CAPTURE(kernel.Implementation());
  Tensor reference = MakeTensor(kernel.Destination());
  ConvolutionReference(source, weight, bias, window, reference);
  ReluReference(reference);
  return RelativeError(Run(kernel, source, {element}, {element}), reference);
}

TEST_CASE("every convolution of GoogLeNet agrees with the reference") {
  for (const ElementType element : ElementTypes()) {
    for (const Layer& layer : GoogLeNetConvolutions()) {
      CAPTURE(layer.name, element);
      const Shape source = {1, layer.in_channels, layer.in_size.height, layer.in_size.width};
      CHECK(ConvolutionError(source, layer.out_channels, layer.window, element) <=
            Tolerance(element));
    }
  }
}

TEST_CASE("convolutions of odd sizes, several pictures and oblong maps agree with the reference") {
  const Window windows[] = {{1, 1, 0}, {1, 2, 0}, {3, 1, 1}, {3, 2, 1}, {5, 1, 2}, {7, 2, 3}};
  const Shape sources[] = {{1, 1, 7, 7}, {2, 3, 13, 9}, {3, 17, 8, 11}, {1, 40, 7, 7}};
  for (const ElementType element : ElementTypes()) {
    for (const Window& window : windows) {
      for (const Shape& source : sources) {
        for (const std::size_t out : {1U, 16U, 23U}) {
          CAPTURE(
              element, window.kernel, window.stride, source.n, source.c, source.h, source.w, out);
          CHECK(ConvolutionError(source, out, window, element) <= Tolerance(element));
        }
      }
    }
  }
}

// Weights as s8 knows them on this processor.
Tensor Dequantized(const Tensor& weight) {
  const QuantizedWeights quantized = Quantize(weight, ProcessorsByteSums());
  Tensor result = weight;
  const std::size_t values = weight.shape.Count() / weight.shape.n;
  for (std::size_t i = 0; i < result.data.size(); ++i) {
    result.data[i] = static_cast<float>(quantized.values[i]) * quantized.scales[i / values];
  }
  return result;
}

Tensor WholeSteps(const Shape& shape, float scale, std::uint64_t seed) {
  Tensor tensor = RandomTensor(shape, seed, 0, 256);
  for (float& value : tensor.data) value = std::floor(value) * scale;
  return tensor;
}

TEST_CASE("weights are rounded to the nearest of 255 steps of their filter") {
  const Tensor weight = {.shape = {2, 3, 1, 1}, .data = {1.27F, -0.634F, 0.006F, 0, 0, 0}};
  const QuantizedWeights quantized = Quantize(weight, ByteSums::k32Bits);
  REQUIRE(quantized.values == std::vector<std::int8_t>{127, -63, 1, 0, 0, 0});
  REQUIRE(quantized.scales[0] == Approx(0.01));
  REQUIRE(quantized.scales[1] > 0);
}

TEST_CASE("for sums of 16 bits no two neighbouring channels make more than 128") {
  // Two channels of two taps, then three of one.
  const Tensor two_taps = {.shape = {2, 2, 1, 2},
                           .data = {1.27F, 0.5F, -1.0F, 0.4F, -0.5F, 0, -0.5F, 0.2F}};
  const QuantizedWeights of_two = Quantize(two_taps, ByteSums::k16Bits);
  // 1.27 meets -1 and 0.5 meets 0.4; -0.5 meets -0.5, each 63.5 rounded away from 0.
  REQUIRE(of_two.values == std::vector<std::int8_t>{127, 50, -100, 40, -64, 0, -64, 25});
  REQUIRE(of_two.scales[0] == Approx(0.01));
  REQUIRE(of_two.scales[1] == Approx(1.0 / 127));
  const Tensor odd = {.shape = {1, 3, 1, 1}, .data = {0.2F, 0.3F, 0.635F}};
  REQUIRE(Quantize(odd, ByteSums::k16Bits).values == std::vector<std::int8_t>{40, 60, 127});
}

TEST_CASE("int8 convolutions are exact: their outputs are the reference's to half a step") {
  if (!RunsInt8()) {
    WARN("skipped: needs a processor with AVX2");
    return;
  }
  struct Case {
    Shape source;
    std::size_t out;
    Window window;
  };
  std::vector<Case> cases = {{{1, 3, 13, 9}, 23, {3, 1, 1}}, {{2, 17, 8, 11}, 16, {5, 1, 2}}};
  for (const Layer& layer : GoogLeNetConvolutions()) {
    cases.push_back({{1, layer.in_channels, layer.in_size.height, layer.in_size.width},
                     layer.out_channels,
                     layer.window});
  }
  for (const auto& [shape, out, window] : cases) {
    CAPTURE(shape.c, shape.h, out, window.kernel);
    const std::size_t k = window.kernel;
    const float bound = 1.0F / static_cast<float>(shape.c * k * k);
    const Tensor weight = RandomTensor({out, shape.c, k, k}, 2, -bound, bound);
    const Tensor bias = RandomTensor({out, 1, 1, 1}, 3, 0, 0.5F);
    const Encoding from = {.element = ElementType::kU8, .scale = 0.05F};
    const Encoding to = {.element = ElementType::kU8, .scale = 0.01F};
    const Tensor source = WholeSteps(shape, from.scale, 1);
    const PreparedKernel kernel = PrepareConvolution(
        {.source = shape, .source_encoding = from, .source_zero = {}, .destination_encoding = to},
        window,
        weight,
        bias.data);
    Tensor reference = MakeTensor(kernel.Destination());
    ConvolutionReference(source, Dequantized(weight), bias, window, reference);
    ReluReference(reference);
    for (float& value : reference.data) value = std::min(value, 255 * to.scale);
    const Tensor found = Run(kernel, source, from, to);
    double furthest = 0;
    for (std::size_t i = 0; i < found.data.size(); ++i) {
      furthest = std::max(furthest, std::abs(double{found.data[i]} - double{reference.data[i]}));
    }
    CHECK(furthest <= 0.501 * double{to.scale});
  }
}

TEST_CASE("no sum of an int8 convolution saturates, however large its bytes and weights are") {
  if (!RunsInt8()) {
    WARN("skipped: needs a processor with AVX2");
    return;
  }
  for (const Layer& layer : GoogLeNetConvolutions()) {
    CAPTURE(layer.name);
    const Shape shape = {1, layer.in_channels, layer.in_size.height, layer.in_size.width};
    const std::size_t k = layer.window.kernel;
    const std::size_t values = shape.c * k * k;
    const Encoding from = {.element = ElementType::kU8, .scale = 1};
    // The weights of a filter's channels, of all of them, the even or the odd ones, are 1, or -1
    // with a bias that makes the largest sum 0.
    const auto most = static_cast<float>(255 * values);
    const Encoding to = {.element = ElementType::kU8, .scale = most / 200};
    Tensor weight = MakeTensor({layer.out_channels, shape.c, k, k});
    Tensor bias = MakeTensor({layer.out_channels, 1, 1, 1});
    for (std::size_t filter = 0; filter < layer.out_channels; ++filter) {
      const bool is_negative = filter % 2 == 1;
      const std::size_t pattern = filter / 2 % 3;
      for (std::size_t i = 0; i < values; ++i) {
        const bool is_one = pattern == 2 || i / (k * k) % 2 == pattern;
        if (is_one) weight.data[filter * values + i] = is_negative ? -1.0F : 1.0F;
      }
      bias.data[filter] = is_negative ? most : 0;
    }
    Tensor source = MakeTensor(shape);
    std::ranges::fill(source.data, 255.0F);
    const PreparedKernel kernel = PrepareConvolution(
        {.source = shape, .source_encoding = from, .source_zero = {}, .destination_encoding = to},
        layer.window,
        weight,
        bias.data);
    Tensor reference = MakeTensor(kernel.Destination());
    ConvolutionReference(source, Dequantized(weight), bias, layer.window, reference);
    ReluReference(reference);
    CHECK(RelativeError(Run(kernel, source, from, to), reference) <= 0.501 / 200);
  }
}

TEST_CASE("an int8 convolution of pixels is one of pixels less their mean, into a wider type") {
  if (!RunsInt8()) {
    WARN("skipped: needs a processor with AVX2");
    return;
  }
  const std::vector<float> mean = {104, 117, 123};
  const Shape padded = {1, 3, 37, 37};
  const Window window = {.kernel = 7, .stride = 2, .pad = 0};
  const Tensor pixels = WholeSteps(padded, 1, 1);
  const Tensor weight = RandomTensor({64, 3, 7, 7}, 2, -0.1F, 0.1F);
  const Tensor bias = RandomTensor({64, 1, 1, 1}, 3, 0, 10);
  const PreparedKernel kernel =
      PrepareConvolution({.source = padded,
                          .source_encoding = {.element = ElementType::kU8, .scale = 1},
                          .source_zero = mean,
                          .destination_encoding = {.element = WideElementOfInt8()}},
                         window,
                         weight,
                         bias.data);
  Tensor less_mean = pixels;
  for (std::size_t i = 0; i < less_mean.data.size(); ++i) {
    less_mean.data[i] -= mean[i / (padded.h * padded.w)];
  }
  Tensor reference = MakeTensor(kernel.Destination());
  ConvolutionReference(less_mean, Dequantized(weight), bias, window, reference);
  ReluReference(reference);
  const Tensor found = Run(
      kernel, pixels, {.element = ElementType::kU8, .scale = 1}, {.element = WideElementOfInt8()});
  CHECK(RelativeError(found, reference) <= Tolerance(WideElementOfInt8()));
}

TEST_CASE("a convolution refuses buffers that are too small") {
  const Tensor weight = RandomTensor({16, 16, 1, 1}, 1);
  const PreparedKernel kernel = PrepareConvolution(
      MapsOf({1, 16, 8, 8}, ElementType::kF32), {1, 1, 0}, weight, std::vector<float>(16));
  AlignedBytes source(16 * 8 * 8 * 4);
  AlignedBytes destination(16 * 8 * 8 * 4);
  AlignedBytes scratch(kernel.ScratchBytes());
  REQUIRE_NOTHROW(kernel.Bind(source.bytes(), destination.bytes(), scratch.bytes()));
  REQUIRE_THROWS_AS(kernel.Bind(source.bytes().first(100), destination.bytes(), scratch.bytes()),
                    ContractViolation);
  REQUIRE_THROWS_AS(kernel.Bind(source.bytes(), destination.bytes().first(100), scratch.bytes()),
                    ContractViolation);
}

}  // namespace
}  // namespace deeper::kernels
