#include "backbone/layer_stack.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "core/error.h"

namespace deeper {
namespace {

using kernels::ElementType;
using kernels::PreparedKernel;

ElementType ElementOf(Precision precision) {
  if (precision == Precision::kF32) return ElementType::kF32;
  if (!kernels::RunsBf16()) {
    throw Error(
        "precision bf16: expected a processor with AVX512_BF16, found one without - use 'f32' or "
        "'auto'");
  }
  return ElementType::kBf16;
}

Shape SourceShape(const Layer& layer) {
  return {1, layer.in_channels, layer.in_side, layer.in_side};
}

PreparedKernel Prepare(const Layer& layer, const Weights& weights, ElementType element) {
  switch (layer.kind) {
    case LayerKind::kConvolution:
      return kernels::PrepareConvolution(SourceShape(layer),
                                         layer.window,
                                         weights.at(WeightName(layer.name)),
                                         weights.at(BiasName(layer.name)).data,
                                         element);
    case LayerKind::kMaxPool:
      return kernels::PrepareMaxPool(SourceShape(layer), layer.window, element);
    case LayerKind::kLrn:
      return kernels::PrepareLrn(SourceShape(layer), kLrnParameters, element);
    case LayerKind::kAveragePool:
      break;
  }
  throw ContractViolation("a layer with a kernel of its own");
}

std::size_t LargestScratch(std::span<const PreparedKernel> prepared) {
  std::size_t largest = 0;
  for (const PreparedKernel& kernel : prepared) largest = std::max(largest, kernel.ScratchBytes());
  return largest;
}

}  // namespace

AlignedBytes::AlignedBytes(std::size_t size) : size_(size) {
  const std::size_t whole_lines =
      (size + kActivationAlignment) / kActivationAlignment * kActivationAlignment;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(kActivationAlignment, whole_lines)));
  if (data_ == nullptr) throw std::bad_alloc();
  std::memset(data_.get(), 0, whole_lines);
}

void AlignedBytes::Free::operator()(std::byte* data) const { std::free(data); }

LayerStack::Buffers::Buffers(const LayerStack& stack)
    : arena_(stack.plan_.arena_bytes), scratch_(LargestScratch(stack.kernels_)) {
  for (std::size_t i = 0; i < stack.kernels_.size(); ++i) {
    const Layer& layer = stack.layers_[i];
    const std::string& written = WritesSlice(layer) ? layer.name : layer.output;
    kernels_.push_back(stack.kernels_[i].Bind(
        Activation(stack.Place(layer.input)), Activation(stack.Place(written)), scratch_.bytes()));
  }
}

LayerStack::LayerStack(const Weights& weights, Precision precision)
    : element_(ElementOf(precision)),
      layers_(GoogLeNetLayers()),
      plan_(PlanActivations(layers_, kernels::SizeOf(element_))) {
  Expects(layers_.back().kind == LayerKind::kAveragePool,
          "a network that ends in its global average");
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i)
    kernels_.push_back(Prepare(layers_[i], weights, element_));
}

void LayerStack::Run(TensorView crop,
                     Buffers& buffers,
                     std::span<float> features,
                     const LayerObserver& observer) const {
  Expects(crop.shape == Shape{1, kInputChannels, kInputSide, kInputSide},
          "one crop of the network's input size");
  kernels::ToNhwc(crop, element_, buffers.Activation(Place(layers_.front().input)));
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    RunLayer(i, buffers);
    if (observer) observer(layers_[i], OutputOf(layers_[i], buffers));
  }
  const PlannedActivation& last_map = Place(layers_.back().input);
  kernels::AverageOverPixels(
      buffers.Activation(last_map), last_map.shape.h * last_map.shape.w, element_, features);
}

std::vector<std::string> LayerStack::Implementations() const {
  std::vector<std::string> names;
  for (const PreparedKernel& kernel : kernels_) names.push_back(kernel.Implementation());
  return names;
}

void LayerStack::RunLayer(std::size_t i, Buffers& buffers) const {
  const Layer& layer = layers_[i];
  buffers.kernels_[i].Run();
  if (!WritesSlice(layer)) return;
  const PlannedActivation& output = Place(layer.output);
  kernels::CopyIntoChannels(buffers.Activation(Place(layer.name)),
                            {.pixels = output.shape.h * output.shape.w,
                             .first = layer.output_channel,
                             .channels = layer.out_channels,
                             .total_channels = output.shape.c},
                            element_,
                            buffers.Activation(output));
}

Tensor LayerStack::OutputOf(const Layer& layer, Buffers& buffers) const {
  const PlannedActivation& written = Place(WritesSlice(layer) ? layer.name : layer.output);
  return kernels::FromNhwc(buffers.Activation(written), written.shape, element_);
}

}  // namespace deeper
