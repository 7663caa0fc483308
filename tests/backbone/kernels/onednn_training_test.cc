#include "backbone/kernels/onednn_training.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "backbone/execution/aligned_bytes.h"
#include "backbone/kernels/lrn_backward.h"
#include "backbone/kernels/onednn_training_pools.h"
#include "backbone/kernels/reference.h"
#include "backbone/kernels/reference_backward.h"
#include "core/error.h"
#include "tests/backbone/kernel_comparison.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// oneDNN's gradients against the reference, on values that the element type represents exactly.
// Relative error is max |fast - reference| / max |reference| over a whole tensor. In f32 it comes
// from the order of the sums; in bf16 from rounding what is written to 8 bits (weights' gradients
// are written in f32).

namespace deeper::kernels {
namespace {

using test::ElementTypes;
using test::RandomTensor;
using test::RelativeError;
using test::Representable;
using test::Tolerance;

void Run(const BoundKernel& kernel) {
  const SingleThread single_thread;
  kernel.Run();
}

AlignedBytes Stored(const Tensor& tensor, ElementType element) {
  AlignedBytes bytes(tensor.data.size() * SizeOf(element));
  ToNhwc(tensor, {element}, bytes.bytes());
  return bytes;
}

// Memory for every buffer of a kernel.
struct Memory {
  explicit Memory(const TrainingKernel& kernel, ElementType element)
      : source(kernel.Source().Count() * SizeOf(element)),
        destination(kernel.Destination().Count() * SizeOf(element)),
        diff_source(source.size()),
        diff_destination(destination.size()),
        scratch(kernel.Sizes().scratch),
        workspace(kernel.Sizes().workspace),
        forward_weight(kernel.Sizes().forward_weight),
        forward_bias(kernel.Sizes().forward_bias),
        backward_weight(kernel.Sizes().backward_weight),
        diff_weight(kernel.Sizes().diff_weight),
        diff_bias(kernel.Sizes().diff_bias) {}
  TrainingBuffers Buffers() {
    return {.source = source.bytes(),
            .destination = destination.bytes(),
            .diff_source = diff_source.bytes(),
            .diff_destination = diff_destination.bytes(),
            .scratch = scratch.bytes(),
            .workspace = workspace.bytes(),
            .forward_weight = forward_weight.bytes(),
            .forward_bias = forward_bias.bytes(),
            .backward_weight = backward_weight.bytes(),
            .diff_weight = diff_weight.bytes(),
            .diff_bias = diff_bias.bytes()};
  }

  AlignedBytes source, destination, diff_source, diff_destination, scratch, workspace;
  AlignedBytes forward_weight, forward_bias, backward_weight, diff_weight, diff_bias;
};

struct ConvolutionErrors {
  double output = 0;
  double diff_source = 0;
  double diff_weight = 0;
  double diff_bias = 0;
  double Largest() const { return std::max({output, diff_source, diff_weight, diff_bias}); }
};

ConvolutionErrors ErrorsOf(const Shape& shape,
                           std::size_t out,
                           const Window& window,
                           ElementType element) {
  const std::size_t k = window.kernel;
  const float bound = std::sqrt(6.0F / static_cast<float>(shape.c * k * k));
  const Tensor source = Representable(RandomTensor(shape, 1), element);
  const Tensor weight =
      Representable(RandomTensor({out, shape.c, k, k}, 2, -bound, bound), element);
  const Tensor bias = RandomTensor({out, 1, 1, 1}, 3, 0, 1);
  const TrainingKernel kernel =
      PrepareTrainingConvolution(shape, window, out, element, DiffSource::kWanted);
  const Tensor diff = Representable(RandomTensor(kernel.Destination(), 4), element);
  Memory memory(kernel, element);
  ToNhwc(source, {element}, memory.source.bytes());
  ToNhwc(diff, {element}, memory.diff_destination.bytes());
  kernel.Pack(weight, bias.data, memory.Buffers());
  for (const TrainingPass pass :
       {TrainingPass::kForward, TrainingPass::kBackwardData, TrainingPass::kBackwardWeights}) {
    Run(kernel.Bind(pass, memory.Buffers()));
  }

  Tensor output = MakeTensor(kernel.Destination());
  ConvolutionReference(source, weight, bias, window, output);
  ReluReference(output);
  Tensor diff_source = MakeTensor(shape);
  Tensor diff_weight = MakeTensor(weight.shape);
  Tensor diff_bias = MakeTensor(bias.shape);
  ConvolutionBackwardDataReference(diff, weight, window, diff_source);
  ConvolutionBackwardWeightsReference(source, diff, window, diff_weight, diff_bias);
  Tensor fast_weight = MakeTensor(weight.shape);
  Tensor fast_bias = MakeTensor(bias.shape);
  kernel.Unpack(memory.Buffers(), fast_weight, fast_bias.data);
  return {.output = RelativeError(
              FromNhwc(memory.destination.bytes(), kernel.Destination(), {element}), output),
          .diff_source =
              RelativeError(FromNhwc(memory.diff_source.bytes(), shape, {element}), diff_source),
          .diff_weight = RelativeError(fast_weight, diff_weight),
          .diff_bias = RelativeError(fast_bias, diff_bias)};
}

void CheckConvolution(const Shape& source,
                      std::size_t out,
                      const Window& window,
                      ElementType element) {
  const ConvolutionErrors errors = ErrorsOf(source, out, window, element);
  CAPTURE(errors.output, errors.diff_source, errors.diff_weight, errors.diff_bias);
  CHECK(errors.Largest() <= Tolerance(element));
  // Sums in f32 of exact products are as precise in bf16 as in f32.
  CHECK(errors.diff_weight <= 1e-5);
}

TEST_CASE("gradients of every convolution of GoogLeNet agree with the reference") {
  for (const ElementType element : ElementTypes()) {
    for (const Layer& layer : GoogLeNetConvolutions()) {
      CAPTURE(layer.name, element);
      CheckConvolution({1, layer.in_channels, layer.in_size.height, layer.in_size.width},
                       layer.out_channels,
                       layer.window,
                       element);
    }
  }
}

TEST_CASE("gradients of convolutions of odd sizes and several pictures agree with the reference") {
  const Window windows[] = {{1, 1, 0}, {1, 2, 0}, {3, 1, 1}, {3, 2, 1}, {5, 1, 2}, {7, 2, 3}};
  const Shape sources[] = {{1, 1, 7, 7}, {2, 3, 13, 9}, {3, 17, 8, 11}, {5, 40, 7, 7}};
  for (const ElementType element : ElementTypes()) {
    for (const Window& window : windows) {
      for (const Shape& source : sources) {
        for (const std::size_t out : {1U, 16U, 23U}) {
          CAPTURE(
              element, window.kernel, window.stride, source.n, source.c, source.h, source.w, out);
          CheckConvolution(source, out, window, element);
        }
      }
    }
  }
}

TEST_CASE(
    "a convolution over the whole map, as the auxiliary heads' fully connected layer, agrees") {
  for (const ElementType element : ElementTypes()) {
    CAPTURE(element);
    CheckConvolution({3, 32, 4, 4}, 50, {4, 1, 0}, element);
  }
}

// Error of the output and of the gradient of a layer without learned values.
template <class Backward>
void CheckLayer(const TrainingKernel& kernel,
                const Tensor& source,
                const Tensor& output,
                ElementType element,
                const Backward& backward) {
  const Tensor diff = Representable(RandomTensor(kernel.Destination(), 4), element);
  Memory memory(kernel, element);
  ToNhwc(source, {element}, memory.source.bytes());
  ToNhwc(diff, {element}, memory.diff_destination.bytes());
  Run(kernel.Bind(TrainingPass::kForward, memory.Buffers()));
  Run(kernel.Bind(TrainingPass::kBackwardData, memory.Buffers()));
  Tensor diff_source = MakeTensor(source.shape);
  backward(diff, diff_source);
  CHECK(RelativeError(FromNhwc(memory.destination.bytes(), kernel.Destination(), {element}),
                      output) <= Tolerance(element));
  CHECK(RelativeError(FromNhwc(memory.diff_source.bytes(), source.shape, {element}), diff_source) <=
        Tolerance(element));
}

// Each value once, in an order without pattern, exact in bf16 for up to 255 values per channel and
// picture. No two values of a window are equal, so it is clear which is the largest.
Tensor DistinctInEveryWindow(const Shape& shape) {
  Tensor tensor = MakeTensor(shape);
  const std::size_t pixels = shape.h * shape.w;
  for (std::size_t i = 0; i < tensor.data.size(); ++i) {
    tensor.data[i] = static_cast<float>((i % pixels * 97 + i / pixels * 31) % 251) - 125;
  }
  return tensor;
}

TEST_CASE("gradients of pools agree with the reference, windows over the edge included") {
  for (const ElementType element : ElementTypes()) {
    for (const Shape& shape : {Shape{1, 480, 14, 14}, Shape{2, 24, 7, 5}, Shape{3, 1, 6, 9}}) {
      for (const Window& window : {kStridedPool, kInceptionPool, Window{5, 3, 0}}) {
        CAPTURE(element, shape.n, shape.c, shape.h, shape.w, window.kernel, window.stride);
        const Tensor source = DistinctInEveryWindow(shape);
        const TrainingKernel max = PrepareTrainingMaxPool(shape, window, element);
        Tensor output = MakeTensor(max.Destination());
        MaxPoolReference(source, window, Rounding::kUp, output);
        CheckLayer(max, source, output, element, [&](const Tensor& diff, Tensor& diff_source) {
          MaxPoolBackwardReference(source, diff, window, Rounding::kUp, diff_source);
        });
        const TrainingKernel average = PrepareTrainingAveragePool(shape, window, element);
        AveragePoolReference(source, window, Rounding::kUp, output);
        CheckLayer(average, source, output, element, [&](const Tensor& diff, Tensor& diff_source) {
          AveragePoolBackwardReference(diff, window, Rounding::kUp, diff_source);
        });
      }
    }
  }
}

TEST_CASE(
    "the gradient of LRN agrees with the reference, for small activations and for large ones") {
  for (const ElementType element : ElementTypes()) {
    for (const Shape& shape : {Shape{1, 64, 56, 56}, Shape{2, 192, 9, 8}, Shape{2, 32, 5, 7}}) {
      for (const float largest : {1.0F, 100.0F, 1000.0F}) {
        CAPTURE(element, shape.c, shape.h, largest);
        const Tensor source = Representable(RandomTensor(shape, 1, 0, largest), element);
        Tensor output = MakeTensor(shape);
        LrnReference(source, kLrnParameters, output);
        CheckLayer(PrepareTrainingLrn(shape, kLrnParameters, element),
                   source,
                   output,
                   element,
                   [&](const Tensor& diff, Tensor& diff_source) {
                     LrnBackwardReference(source, diff, kLrnParameters, diff_source);
                   });
      }
    }
  }
}

TEST_CASE("the gradient of LRN in loops of our own agrees with the reference") {
  for (const ElementType element : ElementTypes()) {
    for (const float largest : {1.0F, 1000.0F}) {
      const Shape shape = {2, 19, 5, 7};
      const Tensor source = Representable(RandomTensor(shape, 1, 0, largest), element);
      const Tensor diff = Representable(RandomTensor(shape, 2), element);
      AlignedBytes stored_source = Stored(source, element);
      AlignedBytes stored_diff = Stored(diff, element);
      AlignedBytes fast(shape.Count() * SizeOf(element));
      LrnBackward(
          shape, kLrnParameters, element, stored_source.bytes(), stored_diff.bytes(), fast.bytes());
      Tensor diff_source = MakeTensor(shape);
      LrnBackwardReference(source, diff, kLrnParameters, diff_source);
      CAPTURE(element, largest);
      CHECK(RelativeError(FromNhwc(fast.bytes(), shape, {element}), diff_source) <=
            Tolerance(element));
    }
  }
}

TEST_CASE("a sum of several maps is rounded once") {
  for (const ElementType element : ElementTypes()) {
    const Shape shape = {2, 19, 3, 5};
    Tensor expected = MakeTensor(shape);
    std::vector<AlignedBytes> maps;
    std::vector<std::span<std::byte>> spans;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Tensor map = Representable(RandomTensor(shape, seed), element);
      for (std::size_t i = 0; i < map.data.size(); ++i) expected.data[i] += map.data[i];
      maps.push_back(Stored(map, element));
    }
    for (AlignedBytes& map : maps) spans.push_back(map.bytes());
    AlignedBytes sum(shape.Count() * SizeOf(element));
    Run(BindSum(shape, element, spans, sum.bytes()));
    CAPTURE(element);
    CHECK(RelativeError(FromNhwc(sum.bytes(), shape, {element}), expected) <=
          (element == ElementType::kF32 ? 1e-6 : 0x1p-8));
  }
}

TEST_CASE("ReLU's gradient out of a map's channels is the reference's of those channels") {
  for (const ElementType element : ElementTypes()) {
    const Shape part = {2, 5, 3, 4};
    const Shape whole = {2, 16, 3, 4};
    const Tensor output = Representable(RandomTensor(part, 1), element);
    const Tensor diff_map = Representable(RandomTensor(whole, 2), element);
    Tensor expected = MakeTensor(part);
    for (std::size_t i = 0; i < expected.data.size(); ++i) {
      const std::size_t picture = i / (5 * 12);
      expected.data[i] = diff_map.data[picture * 16 * 12 + 7 * 12 + i % (5 * 12)];
    }
    ReluBackwardReference(output, expected);
    AlignedBytes stored_map = Stored(diff_map, element);
    AlignedBytes stored_output = Stored(output, element);
    AlignedBytes diff(part.Count() * SizeOf(element));
    ReluBackwardFromChannels(stored_map.bytes(),
                             {.pixels = 2 * 12, .first = 7, .channels = 5, .total_channels = 16},
                             stored_output.bytes(),
                             element,
                             diff.bytes());
    CHECK(FromNhwc(diff.bytes(), part, {element}) == expected);
  }
}

TEST_CASE("a training kernel refuses buffers that are too small, and a pass that it lacks") {
  const TrainingKernel first = PrepareTrainingConvolution(
      {1, 3, 8, 8}, {3, 1, 1}, 4, ElementType::kF32, DiffSource::kNotWanted);
  Memory memory(first, ElementType::kF32);
  TrainingBuffers buffers = memory.Buffers();
  CHECK_NOTHROW(first.Bind(TrainingPass::kForward, buffers));
  CHECK_THROWS_AS(first.Bind(TrainingPass::kBackwardData, buffers), ContractViolation);
  buffers.source = buffers.source.first(100);
  CHECK_THROWS_AS(first.Bind(TrainingPass::kForward, buffers), ContractViolation);
}

}  // namespace
}  // namespace deeper::kernels
