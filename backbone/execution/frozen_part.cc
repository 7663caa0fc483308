#include "backbone/execution/frozen_part.h"

#include <algorithm>

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

FrozenPart::Buffers::Buffers(const FrozenPart& part) {
  if (part.stack_) buffers_.emplace(*part.stack_);
}

FrozenPart::FrozenPart(const Weights& weights, Precision precision, const std::string& frozen)
    : element_(TrainingElement(precision)) {
  const std::vector<Layer> layers = FrozenLayers(frozen);
  Shape output = {1, kInputChannels, kInputSide, kInputSide};
  if (!layers.empty()) {
    stack_.emplace(weights, precision, std::nullopt, StepsOf(layers));
    const Layer& last = layers.back();
    output = {1, last.output_channel + last.out_channels, last.out_side, last.out_side};
  }
  output_bytes_ = output.Count() * kernels::SizeOf(element_);
}

void FrozenPart::Run(TensorView crop, Buffers& buffers, std::span<std::byte> output) const {
  Expects(crop.shape == Shape{1, kInputChannels, kInputSide, kInputSide},
          "one crop of the network's input size");
  Expects(output.size() == output_bytes_, "room for the frozen part's output");
  if (!stack_) {
    kernels::ToNhwc(crop, {element_}, output);
    return;
  }
  stack_->PutCrop(crop, *buffers.buffers_);
  std::ranges::copy(stack_->RunFirst(stack_->steps().size(), *buffers.buffers_), output.begin());
}

}  // namespace deeper
