#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "backbone/kernels/onednn.h"
#include "backbone/kernels/reference.h"
#include "backbone/layer_stack.h"
#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// The kernels of oneDNN against the reference, on inputs and weights that the element type
// represents exactly. Relative error is max |fast - reference| / max |reference| over the whole
// output. In f32 it comes from the order of the sums; in bf16 mostly from rounding the output to 8
// bits.

namespace deeper::kernels {
namespace {

using test::RandomTensor;

double Tolerance(ElementType element) { return element == ElementType::kF32 ? 1e-5 : 1e-2; }

// The element types that this processor runs.
std::vector<ElementType> ElementTypes() {
  if (!RunsBf16()) return {ElementType::kF32};
  return {ElementType::kF32, ElementType::kBf16};
}

Tensor Representable(Tensor tensor, ElementType element) {
  if (element == ElementType::kBf16) {
    for (float& value : tensor.data) value = FloatFromBf16(Bf16FromFloat(value));
  }
  return tensor;
}

Tensor Run(const PreparedKernel& kernel, const Tensor& source, ElementType element) {
  AlignedBytes from(kernel.Source().Count() * SizeOf(element));
  AlignedBytes to(kernel.Destination().Count() * SizeOf(element));
  AlignedBytes scratch(kernel.ScratchBytes());
  ToNhwc(source, element, from.bytes());
  kernel.Bind(from.bytes(), to.bytes(), scratch.bytes()).Run();
  return FromNhwc(to.bytes(), kernel.Destination(), element);
}

double RelativeError(const Tensor& fast, const Tensor& reference) {
  REQUIRE(fast.shape == reference.shape);
  double largest = 0;
  double distance = 0;
  for (std::size_t i = 0; i < fast.data.size(); ++i) {
    const auto expected = static_cast<double>(reference.data[i]);
    const double difference = std::abs(static_cast<double>(fast.data[i]) - expected);
    if (!std::isfinite(difference)) return difference;
    largest = std::max(largest, std::abs(expected));
    distance = std::max(distance, difference);
  }
  REQUIRE(largest > 0);
  return distance / largest;
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
      PrepareConvolution(source_shape, window, weight, bias.data, element);
  CAPTURE(kernel.Implementation());
  Tensor reference = MakeTensor(kernel.Destination());
  ConvolutionReference(source, weight, bias, window, reference);
  ReluReference(reference);
  return RelativeError(Run(kernel, source, element), reference);
}

double MaxPoolError(const Shape& source_shape, const Window& window, ElementType element) {
  const Tensor source = Representable(RandomTensor(source_shape, 1), element);
  const PreparedKernel kernel = PrepareMaxPool(source_shape, window, element);
  Tensor reference = MakeTensor(kernel.Destination());
  MaxPoolReference(source, window, Rounding::kUp, reference);
  return RelativeError(Run(kernel, source, element), reference);
}

double LrnError(const Shape& source_shape, float largest, ElementType element) {
  const Tensor source = Representable(RandomTensor(source_shape, 1, 0, largest), element);
  const PreparedKernel kernel = PrepareLrn(source_shape, kLrnParameters, element);
  Tensor reference = MakeTensor(source_shape);
  LrnReference(source, kLrnParameters, reference);
  return RelativeError(Run(kernel, source, element), reference);
}

TEST_CASE("every convolution of GoogLeNet agrees with the reference") {
  for (const ElementType element : ElementTypes()) {
    for (const Layer& layer : GoogLeNetConvolutions()) {
      CAPTURE(layer.name, element);
      const Shape source = {1, layer.in_channels, layer.in_side, layer.in_side};
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

TEST_CASE(
    "max pools agree with the reference exactly, negative values and windows over the edge "
    "included") {
  for (const ElementType element : ElementTypes()) {
    for (const Shape& source :
         {Shape{1, 64, 112, 112}, Shape{1, 480, 14, 14}, Shape{2, 24, 7, 5}, Shape{3, 1, 6, 9}}) {
      for (const Window& window : {kStridedPool, kInceptionPool}) {
        CAPTURE(element, source.n, source.c, source.h, source.w, window.stride);
        CHECK(MaxPoolError(source, window, element) == 0);
      }
    }
  }
}

TEST_CASE("LRN agrees with the reference, for small activations and for large ones") {
  for (const ElementType element : ElementTypes()) {
    for (const Shape& source : {Shape{1, 64, 56, 56}, Shape{1, 192, 56, 56}, Shape{2, 32, 5, 7}}) {
      for (const float largest : {1.0F, 100.0F, 3000.0F}) {
        CAPTURE(element, source.n, source.c, source.h, source.w, largest);
        CHECK(LrnError(source, largest, element) <= Tolerance(element));
      }
    }
  }
}

TEST_CASE("no kernel of GoogLeNet is oneDNN's reference loop") {
  for (const ElementType element : ElementTypes()) {
    const PreparedKernel lrn = PrepareLrn({1, 64, 56, 56}, kLrnParameters, element);
    const PreparedKernel pool = PrepareMaxPool({1, 64, 112, 112}, kStridedPool, element);
    for (const std::string& name : {lrn.Implementation(), pool.Implementation()}) {
      CAPTURE(name);
      REQUIRE(name.find("ref") == std::string::npos);
      REQUIRE(name.find("simple") == std::string::npos);
    }
  }
}

TEST_CASE("a kernel refuses buffers that are too small") {
  const PreparedKernel pool = PrepareMaxPool({1, 16, 8, 8}, kStridedPool, ElementType::kF32);
  AlignedBytes source(16 * 8 * 8 * 4);
  AlignedBytes destination(16 * 4 * 4 * 4);
  AlignedBytes scratch(pool.ScratchBytes());
  REQUIRE_NOTHROW(pool.Bind(source.bytes(), destination.bytes(), scratch.bytes()));
  REQUIRE_THROWS_AS(pool.Bind(source.bytes().first(100), destination.bytes(), scratch.bytes()),
                    ContractViolation);
  REQUIRE_THROWS_AS(pool.Bind(source.bytes(), destination.bytes().first(100), scratch.bytes()),
                    ContractViolation);
}

}  // namespace
}  // namespace deeper::kernels
