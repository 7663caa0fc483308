#include "backbone/execution/frozen_part.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "backbone/execution/layer_stack.h"
#include "backbone/execution/steps.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/instruction_set.h"
#include "backbone/rows.h"
#include "core/error.h"

namespace deeper {
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

struct FrozenPart::State {
  LayerStack stack;
};

struct FrozenPart::Buffers::State {
  LayerStack::Buffers buffers;
};

FrozenPart::Buffers::Buffers(const FrozenPart& part) {
  if (part.state_) state_.reset(new State{LayerStack::Buffers(part.state_->stack)});
}
FrozenPart::Buffers::Buffers(Buffers&&) noexcept = default;
FrozenPart::Buffers& FrozenPart::Buffers::operator=(Buffers&&) noexcept = default;
FrozenPart::Buffers::~Buffers() = default;

FrozenPart::FrozenPart(const Weights& weights, Precision precision, const std::string& frozen)
    : FrozenPart(weights, precision, FrozenLayers(frozen), kInputSize) {}

FrozenPart::FrozenPart(const Weights& weights,
                       Precision precision,
                       const std::string& frozen,
                       const MapSize& picture)
    : FrozenPart(weights, precision, FrozenLayers(frozen, picture), picture) {}

FrozenPart::FrozenPart(const Weights& weights,
                       Precision precision,
                       const std::vector<Layer>& layers,
                       const MapSize& picture)
    : element_(TrainingElement(precision)),
      input_{1, kInputChannels, picture.height, picture.width} {
  Shape output = input_;
  if (!layers.empty()) {
    state_.reset(new State{LayerStack(weights, precision, std::nullopt, StepsOf(layers))});
    output = OutputShape(layers.back());
  }
  output_bytes_ = output.Count() * kernels::SizeOf(element_);
}

FrozenPart::FrozenPart(FrozenPart&&) noexcept = default;
FrozenPart& FrozenPart::operator=(FrozenPart&&) noexcept = default;
FrozenPart::~FrozenPart() = default;

void FrozenPart::Run(TensorView picture, Buffers& buffers, std::span<std::byte> output) const {
  Expects(picture.shape == input_, "one picture of the input's size");
  Expects(output.size() == output_bytes_, "room for the frozen part's output");
  if (!state_) {
    kernels::ToNhwc(picture, {element_}, output);
    return;
  }
  const LayerStack& stack = state_->stack;
  LayerStack::Buffers& memory = buffers.state_->buffers;
  stack.PutPicture(picture, memory);
  std::ranges::copy(stack.RunFirst(stack.steps().size(), memory), output.begin());
}

}  // namespace deeper
