#include "backbone/frozen_part.h"

#include <algorithm>
#include <cstring>

#include "backbone/training_plan.h"
#include "core/error.h"

namespace deeper {
namespace {

kernels::PreparedKernel Prepare(const Layer& layer,
                                const Weights& weights,
                                kernels::ElementType element) {
  const Shape source = {1, layer.in_channels, layer.in_side, layer.in_side};
  switch (layer.kind) {
    case LayerKind::kConvolution:
      return kernels::PrepareConvolution(source,
                                         layer.window,
                                         weights.at(WeightName(layer.name)),
                                         weights.at(BiasName(layer.name)).data,
                                         element);
    case LayerKind::kMaxPool:
      return kernels::PrepareMaxPool(source, layer.window, element);
    case LayerKind::kLrn:
      return kernels::PrepareLrn(source, kLrnParameters, element);
    case LayerKind::kAveragePool:
      break;
  }
  throw ContractViolation("a layer of the frozen part");
}

std::size_t LargestScratch(std::span<const kernels::PreparedKernel> prepared) {
  std::size_t largest = 0;
  for (const kernels::PreparedKernel& kernel : prepared)
    largest = std::max(largest, kernel.ScratchBytes());
  return largest;
}

std::span<std::byte> PlaceOf(const PlannedActivation& place, AlignedBytes& arena) {
  return arena.bytes().subspan(place.offset_bytes, place.size_bytes);
}

}  // namespace

kernels::ElementType TrainingElement(Precision precision) {
  if (precision == Precision::kF32) return kernels::ElementType::kF32;
  if (precision != Precision::kBf16) {
    throw Error("training in precision " + NameOf(precision) + ": expected f32 or bf16");
  }
  if (!kernels::RunsBf16()) {
    throw Error(
        "precision bf16: expected a processor with AVX512_BF16, found one without - use 'f32' or "
        "'auto'");
  }
  return kernels::ElementType::kBf16;
}

FrozenPart::Buffers::Buffers(const FrozenPart& part)
    : arena_(part.plan_.arena_bytes), scratch_(LargestScratch(part.kernels_)) {
  for (std::size_t i = 0; i < part.kernels_.size(); ++i) {
    const Layer& layer = part.layers_[i];
    const auto& places = part.plan_.activations;
    kernels_.push_back(part.kernels_[i].Bind(
        PlaceOf(places.at(layer.input), arena_),
        PlaceOf(places.at(WritesSlice(layer) ? layer.name : layer.output), arena_),
        scratch_.bytes()));
  }
}

FrozenPart::FrozenPart(const Weights& weights, Precision precision, const std::string& frozen)
    : element_(TrainingElement(precision)),
      layers_(FrozenLayers(frozen)),
      plan_(PlanActivations(layers_, kernels::SizeOf(element_))) {
  const Shape output = layers_.empty() ? Shape{1, kInputChannels, kInputSide, kInputSide}
                                       : plan_.activations.at(layers_.back().output).shape;
  output_bytes_ = output.Count() * kernels::SizeOf(element_);
  for (const Layer& layer : layers_) kernels_.push_back(Prepare(layer, weights, element_));
}

void FrozenPart::Run(TensorView crop, Buffers& buffers, std::span<std::byte> output) const {
  Expects(crop.shape == Shape{1, kInputChannels, kInputSide, kInputSide},
          "one crop of the network's input size");
  Expects(output.size() == output_bytes_, "room for the frozen part's output");
  if (layers_.empty()) {
    kernels::ToNhwc(crop, element_, output);
    return;
  }
  const auto& places = plan_.activations;
  kernels::ToNhwc(crop, element_, PlaceOf(places.at(layers_.front().input), buffers.arena_));
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    buffers.kernels_[i].Run();
    if (!WritesSlice(layer)) continue;
    const PlannedActivation& whole = places.at(layer.output);
    kernels::CopyIntoChannels(PlaceOf(places.at(layer.name), buffers.arena_),
                              {.pixels = whole.shape.h * whole.shape.w,
                               .first = layer.output_channel,
                               .channels = layer.out_channels,
                               .total_channels = whole.shape.c},
                              element_,
                              PlaceOf(whole, buffers.arena_));
  }
  const std::span<std::byte> last = PlaceOf(places.at(layers_.back().output), buffers.arena_);
  std::memcpy(output.data(), last.data(), output.size());
}

}  // namespace deeper
