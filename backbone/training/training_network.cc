#include "backbone/training/training_network.h"

#include <map>
#include <utility>

#include "backbone/execution/activation_plan.h"
#include "backbone/execution/frozen_part.h"
#include "backbone/kernels/onednn_training_pools.h"
#include "core/error.h"

namespace deeper {
namespace {

using kernels::TrainingKernel;

Shape SourceShape(const Layer& layer, std::size_t n) {
  return {n, layer.in_channels, layer.in_side, layer.in_side};
}

TrainingKernel Prepare(const Layer& layer,
                       std::size_t n,
                       kernels::ElementType element,
                       bool input_needs_gradient) {
  const Shape source = SourceShape(layer, n);
  switch (layer.kind) {
    case LayerKind::kConvolution:
      return kernels::PrepareTrainingConvolution(
          source,
          layer.window,
          layer.out_channels,
          element,
          input_needs_gradient ? kernels::DiffSource::kWanted : kernels::DiffSource::kNotWanted);
    case LayerKind::kMaxPool:
      return kernels::PrepareTrainingMaxPool(source, layer.window, element);
    case LayerKind::kAveragePool:
      return kernels::PrepareTrainingAveragePool(source, layer.window, element);
    case LayerKind::kLrn:
      return kernels::PrepareTrainingLrn(source, kLrnParameters, element);
  }
  throw ContractViolation("a layer of a known kind");
}

const TrainingNetworkOptions& Validated(const TrainingNetworkOptions& options) {
  Expects(options.outputs > 0 && options.micro_batch > 0, "outputs > 0 and micro_batch > 0");
  return options;
}

// Values of f32 that `bytes` take, to the next cache line.
std::size_t PaddedCount(std::size_t bytes) {
  return (bytes + kActivationAlignment - 1) / kActivationAlignment * kActivationAlignment /
         sizeof(float);
}

}  // namespace

TrainingNetwork::TrainingNetwork(const TrainingNetworkOptions& options)
    : options_(Validated(options)),
      element_(TrainingElement(options.precision)),
      plan_(PlanTraining(options.plan)),
      blobs_(TrainedBlobs(plan_, options.outputs)) {
  // An activation needs a gradient when something that learns lies below it.
  std::map<std::string, bool> needs = {{plan_.input, false}};
  for (const Layer& layer : plan_.layers) {
    const bool is_convolution = layer.kind == LayerKind::kConvolution;
    const bool below = needs.at(layer.input);
    input_needs_gradient_.push_back(below);
    needs_gradient_.push_back(is_convolution || below);
    needs[layer.output] = is_convolution || below;

    kernels_.push_back(Prepare(layer, options_.micro_batch, element_, below));
    const kernels::TrainingSizes& sizes = kernels_.back().Sizes();
    packed_.push_back({.forward_weight = AlignedBytes(sizes.forward_weight),
                       .forward_bias = AlignedBytes(sizes.forward_bias),
                       .backward_weight = AlignedBytes(sizes.backward_weight)});
    layer_places_.push_back(is_convolution ? Reserve(sizes.diff_weight, sizes.diff_bias)
                                           : GradientPlace{});
  }
  for (const TrainingHead& head : plan_.heads) {
    const std::size_t weight_count = options_.outputs * head.features;
    head_places_.push_back(Reserve(weight_count * sizeof(float), options_.outputs * sizeof(float)));
    head_weights_.push_back(MakeTensor({options_.outputs, head.features, 1, 1}));
    head_biases_.push_back(MakeTensor({options_.outputs, 1, 1, 1}));
  }
}

TrainingNetwork::GradientPlace TrainingNetwork::Reserve(std::size_t weight_bytes,
                                                        std::size_t bias_bytes) {
  const GradientPlace place = {.weight = gradient_count_,
                               .weight_count = weight_bytes / sizeof(float),
                               .bias = gradient_count_ + PaddedCount(weight_bytes),
                               .bias_count = bias_bytes / sizeof(float)};
  gradient_count_ = place.bias + PaddedCount(bias_bytes);
  return place;
}

std::size_t TrainingNetwork::InputBytes() const {
  return plan_.input_shape.Count() * kernels::SizeOf(element_);
}

std::vector<std::string> TrainingNetwork::Implementations() const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    std::string line = plan_.layers[i].name + ":";
    for (const std::string& name : kernels_[i].Implementations()) line += " " + name;
    lines.push_back(std::move(line));
  }
  return lines;
}

void TrainingNetwork::Load(const Weights& weights) {
  for (const Blob& blob : blobs_) {
    const auto found = weights.find(blob.name);
    Expects(found != weights.end() && found->second.shape == blob.shape,
            "weights with every blob that is trained");
  }
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    const Layer& layer = plan_.layers[i];
    if (layer.kind != LayerKind::kConvolution) continue;
    kernels_[i].Pack(weights.at(WeightName(layer.name)),
                     weights.at(BiasName(layer.name)).data,
                     {.forward_weight = packed_[i].forward_weight.bytes(),
                      .forward_bias = packed_[i].forward_bias.bytes(),
                      .backward_weight = packed_[i].backward_weight.bytes()});
  }
  for (std::size_t i = 0; i < plan_.heads.size(); ++i) {
    head_weights_[i] = weights.at(WeightName(plan_.heads[i].classifier));
    head_biases_[i] = weights.at(BiasName(plan_.heads[i].classifier));
  }
}

}  // namespace deeper
