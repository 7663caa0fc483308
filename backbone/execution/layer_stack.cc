#include "backbone/execution/layer_stack.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "backbone/kernels/instruction_set.h"
#include "backbone/kernels/pooling.h"
#include "backbone/kernels/stored_value.h"
#include "backbone/precision.h"
#include "core/error.h"

namespace deeper {
namespace {

using kernels::ElementType;
using kernels::Encoding;

void RequireProcessor(Precision precision) {
  const auto refuse = [](const std::string& name, const std::string& feature) {
    return Error("precision " + name + ": expected a processor with " + feature +
                 ", found one without - use 'f32' or 'auto'");
  };
  if (precision == Precision::kBf16 && !kernels::RunsBf16()) throw refuse("bf16", "AVX512_BF16");
  if (precision == Precision::kInt8 && !kernels::RunsInt8()) throw refuse("int8", "AVX2");
}

Shape SourceShape(const Layer& layer, std::size_t n) {
  return {n, layer.in_channels, layer.in_size.height, layer.in_size.width};
}

std::size_t PixelsOf(const PlannedActivation& activation) {
  return activation.shape.h * activation.shape.w;
}

kernels::LrnPlace LrnPlaceOf(StepKind pool) {
  switch (pool) {
    case StepKind::kMaxPool:
      return kernels::LrnPlace::kNone;
    case StepKind::kMaxPoolThenLrn:
      return kernels::LrnPlace::kBehindPool;
    case StepKind::kLrnThenMaxPool:
      return kernels::LrnPlace::kBeforePool;
    case StepKind::kConvolution:
    case StepKind::kGlobalAverage:
      break;
  }
  throw ContractViolation("a step that pools");
}

// The name under which a step's own output lies: a slice is copied from there to its place.
const std::string& WrittenBy(const Layer& layer) {
  return WritesSlice(layer) ? layer.name : layer.output;
}

}  // namespace

LayerStack::Buffers::Buffers(const LayerStack& stack)
    : input_(stack.InputBytes()), arena_(stack.plan_.arena_bytes), scratch_(stack.scratch_bytes_) {
  auto convolution = stack.convolutions_.begin();
  for (const Step& step : stack.steps_) {
    if (step.kind != StepKind::kConvolution) continue;
    convolutions_.push_back(convolution->Bind(stack.Activation(step.layer.input, *this),
                                              stack.Activation(WrittenBy(step.layer), *this),
                                              scratch_.bytes()));
    ++convolution;
  }
  stack.FillPadding(input_.bytes());
}

LayerStack::LayerStack(const Weights& weights,
                       Precision precision,
                       const std::optional<Quantization>& quantization,
                       std::vector<Step> steps,
                       std::size_t together)
    : steps_(std::move(steps)), together_(together) {
  Expects(!steps_.empty(), "at least one step");
  Expects(together > 0 && (together == 1 || steps_.front().layer.input != kPictureActivation),
          "one picture at a time");
  RequireProcessor(precision);
  encodings_ = EncodingsOf(steps_, precision, quantization ? &*quantization : nullptr);
  if (precision != Precision::kF32) input_pad_ = steps_.front().layer.window.pad;
  if (precision == Precision::kInt8) mean_bgr_ = quantization->mean_bgr;
  std::vector<Layer> layers;
  for (const Step& step : steps_) layers.push_back(step.layer);
  plan_ = PlanActivations(layers, [this](const std::string& activation) {
    return together_ * kernels::SizeOf(EncodingOf(activation).element);
  });
  PrepareConvolutions(weights);
  for (const Step& step : steps_) {
    if (step.kind == StepKind::kConvolution || step.kind == StepKind::kGlobalAverage) continue;
    scratch_bytes_ = std::max(scratch_bytes_, kernels::PoolScratchBytes(PoolPassOf(step)));
  }
}

void LayerStack::PrepareConvolutions(const Weights& weights) {
  for (const Step& step : steps_) {
    if (step.kind != StepKind::kConvolution) continue;
    const Layer& layer = step.layer;
    kernels::ConvolutionMaps maps = {.source = SourceShape(layer, together_),
                                     .source_encoding = EncodingOf(layer.input),
                                     .source_zero = {},
                                     .destination_encoding = EncodingOf(layer.output)};
    Window window = layer.window;
    if (convolutions_.empty() && input_pad_ > 0) {
      maps.source.h = PaddedSize().height;
      maps.source.w = PaddedSize().width;
      if (maps.source_encoding.element == ElementType::kU8) maps.source_zero = mean_bgr_;
      window.pad = 0;
    }
    convolutions_.push_back(kernels::PrepareConvolution(
        maps, window, weights.at(WeightName(layer.name)), weights.at(BiasName(layer.name)).data));
    scratch_bytes_ = std::max(scratch_bytes_, convolutions_.back().ScratchBytes());
  }
}

kernels::PoolPass LayerStack::PoolPassOf(const Step& step) const {
  return {.source = SourceShape(step.layer, 1),
          .window = step.layer.window,
          .lrn = LrnPlaceOf(step.kind),
          .source_encoding = EncodingOf(step.layer.input),
          .destination_encoding = EncodingOf(step.layer.output)};
}

std::size_t LayerStack::InputBytes() const {
  const ElementType element = EncodingOf(steps_.front().layer.input).element;
  return together_ * PaddedSize().Pixels() * steps_.front().layer.in_channels *
         kernels::SizeOf(element);
}

void LayerStack::FillPadding(std::span<std::byte> input) const {
  const bool is_picture = steps_.front().layer.input == kPictureActivation;
  if (!is_picture || EncodingOf(kPictureActivation).element != ElementType::kU8) return;
  for (std::size_t i = 0; i < input.size(); ++i) {
    input[i] = static_cast<std::byte>(std::lround(mean_bgr_[i % kInputChannels]));
  }
}

CropRows LayerStack::Input(Buffers& buffers) const {
  const ElementType element = EncodingOf(steps_.front().layer.input).element;
  const std::size_t pixel_bytes = kInputChannels * kernels::SizeOf(element);
  const std::size_t row_bytes = PaddedSize().width * pixel_bytes;
  return {.first = buffers.input_.bytes().data() + input_pad_ * (row_bytes + pixel_bytes),
          .row_bytes = row_bytes,
          .element = element};
}

void LayerStack::PutPicture(TensorView picture, Buffers& buffers) const {
  const std::size_t height = InputSize().height;
  const std::size_t width = InputSize().width;
  Expects(steps_.front().layer.input == kPictureActivation, "a stack that reads pictures");
  Expects(picture.shape == Shape{1, kInputChannels, height, width},
          "one picture of the network's input size");
  const CropRows rows = Input(buffers);
  kernels::DispatchElement(rows.element, [&]<class Element>(Element) {
    for (std::size_t y = 0; y < height; ++y) {
      auto* row = reinterpret_cast<typename Element::Stored*>(rows.first + y * rows.row_bytes);
      for (std::size_t c = 0; c < kInputChannels; ++c) {
        const float* plane = picture.data.data() + (c * height + y) * width;
        for (std::size_t x = 0; x < width; ++x) {
          row[x * kInputChannels + c] = Element::Store(plane[x] + mean_bgr_[c], 1);
        }
      }
    }
  });
}

void LayerStack::RunSteps(std::size_t first,
                          std::size_t end,
                          Buffers& buffers,
                          const StepObserver& observer) const {
  const kernels::SingleThread single_thread;
  const auto is_convolution = [](const Step& step) { return step.kind == StepKind::kConvolution; };
  const std::span<const Step> steps = steps_;
  auto convolution =
      buffers.convolutions_.begin() + std::ranges::count_if(steps.first(first), is_convolution);
  for (const Step& step : steps.subspan(first, end - first)) {
    if (step.kind == StepKind::kConvolution) {
      convolution->Run();
      ++convolution;
    } else {
      const kernels::PoolPass pass = PoolPassOf(step);
      for (std::size_t i = 0; i < together_; ++i) {
        kernels::MaxPool(pass,
                         PartOf(step.layer.input, i, buffers),
                         PartOf(step.layer.output, i, buffers),
                         buffers.scratch_.bytes());
      }
    }
    if (WritesSlice(step.layer)) CopySlice(step.layer, buffers);
    if (observer) observer(step, [&] { return OutputOf(step.layer, buffers); });
  }
}

void LayerStack::Run(Buffers& buffers,
                     std::span<float> features,
                     const StepObserver& observer) const {
  RunSteps(0, steps_.size() - 1, buffers, observer);
  Average(buffers, features);
}

void LayerStack::Average(Buffers& buffers, std::span<float> features) const {
  Expects(steps_.back().kind == StepKind::kGlobalAverage, "all of the network's steps");
  const Layer& average = steps_.back().layer;
  Expects(features.size() == together_ * kFeatureDim, "room for 1024 features of each input");
  for (std::size_t i = 0; i < together_; ++i) {
    kernels::AverageOverPixels(PartOf(average.input, i, buffers),
                               PixelsOf(plan_.activations.at(average.input)),
                               EncodingOf(average.input),
                               features.subspan(i * kFeatureDim, kFeatureDim));
  }
}

void LayerStack::ProfilesOfLastMap(Buffers& buffers,
                                   std::size_t number,
                                   std::span<float> profiles) const {
  Expects(steps_.back().kind == StepKind::kGlobalAverage && number < together_,
          "all of the network's steps, and one of its inputs");
  const Layer& average = steps_.back().layer;
  kernels::AverageOverRowsAndColumns(PartOf(average.input, number, buffers),
                                     average.in_size.height,
                                     EncodingOf(average.input),
                                     profiles);
}

std::span<const std::byte> LayerStack::RunFirst(std::size_t count,
                                                Buffers& buffers,
                                                const StepObserver& observer) const {
  Expects(count > 0 && count <= steps_.size(), "some of the steps");
  const Step& last = steps_[count - 1];
  Expects(last.kind != StepKind::kGlobalAverage, "steps before the global average");
  RunSteps(0, count, buffers, observer);
  const std::string& name = last.layer.output;
  const std::size_t values = together_ * plan_.activations.at(name).shape.Count();
  return Activation(name, buffers).first(values * kernels::SizeOf(EncodingOf(name).element));
}

void LayerStack::RunBehind(std::size_t count,
                           std::span<const std::byte> activation,
                           Buffers& buffers,
                           std::span<float> features,
                           const StepObserver& observer) const {
  Expects(count > 0 && count < steps_.size(), "steps before the global average");
  const std::span<std::byte> place = Activation(steps_[count - 1].layer.output, buffers);
  Expects(activation.size() <= place.size(), "what these steps give");
  if (place.data() != activation.data()) std::ranges::copy(activation, place.begin());
  RunSteps(count, steps_.size() - 1, buffers, observer);
  Average(buffers, features);
}

void LayerStack::CopySlice(const Layer& layer, Buffers& buffers) const {
  const PlannedActivation& output = plan_.activations.at(layer.output);
  kernels::CopyIntoChannels(Activation(layer.name, buffers),
                            {.pixels = together_ * PixelsOf(output),
                             .first = layer.output_channel,
                             .channels = layer.out_channels,
                             .total_channels = output.shape.c},
                            EncodingOf(layer.output).element,
                            Activation(layer.output, buffers));
}

std::span<std::byte> LayerStack::PartOf(const std::string& name,
                                        std::size_t i,
                                        Buffers& buffers) const {
  const std::size_t bytes =
      name == steps_.front().layer.input
          ? InputBytes() / together_
          : plan_.activations.at(name).shape.Count() * kernels::SizeOf(EncodingOf(name).element);
  return Activation(name, buffers).subspan(i * bytes, bytes);
}

std::span<std::byte> LayerStack::Activation(const std::string& name, Buffers& buffers) const {
  if (name == steps_.front().layer.input) return buffers.input_.bytes();
  const PlannedActivation& place = plan_.activations.at(name);
  return buffers.arena_.bytes().subspan(place.offset_bytes, place.size_bytes);
}

Tensor LayerStack::OutputOf(const Layer& layer, Buffers& buffers) const {
  const std::string& written = WrittenBy(layer);
  Shape shape = plan_.activations.at(written).shape;
  shape.n = together_;
  return kernels::FromNhwc(Activation(written, buffers), shape, EncodingOf(layer.output));
}

std::vector<std::string> LayerStack::Implementations() const {
  std::vector<std::string> names;
  auto convolution = convolutions_.begin();
  for (const Step& step : steps_) {
    const bool is_convolution = step.kind == StepKind::kConvolution;
    names.push_back(is_convolution ? (convolution++)->Implementation() : "vectorised");
  }
  return names;
}

}  // namespace deeper
