#include "backbone/training/training_network.h"

#include <map>
#include <utility>

#include "backbone/execution/activation_plan.h"
#include "backbone/execution/frozen_part.h"
#include "backbone/kernels/onednn_training_pools.h"
#include "backbone/network.h"
#include "backbone/training/training_state.h"
#include "core/error.h"

namespace deeper {
namespace {

using kernels::TrainingKernel;

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

TrainingNetworkOptions Validated(TrainingNetworkOptions options) {
  Expects((options.outputs > 0 || options.plan.heads.empty()) && options.micro_batch > 0,
          "outputs > 0 and micro_batch > 0");
  const TrainingPlan& plan = options.plan;
  Expects(!plan.profile_head || (plan.layers.back().kind == LayerKind::kAveragePool &&
                                 plan.layers.back().input == plan.profile_head->input),
          "a profile head on the map that the last layer averages");
  return options;
}

// Values of f32 that `bytes` take, to the next cache line.
std::size_t PaddedCount(std::size_t bytes) {
  return (bytes + kActivationAlignment - 1) / kActivationAlignment * kActivationAlignment /
         sizeof(float);
}

}  // namespace

TrainingNetwork::TrainingNetwork(TrainingNetworkOptions options)
    : options_(Validated(std::move(options))),
      state_(std::make_unique<State>(TrainingElement(options_.precision))),
      blobs_(TrainedBlobs(options_.plan, options_.outputs)) {
  const TrainingPlan& plan = options_.plan;
  State& state = *state_;
  // An activation needs a gradient when something that learns lies below it.
  std::map<std::string, bool> needs = {{plan.input, options_.input_gradient}};
  for (const Layer& layer : plan.layers) {
    const bool is_convolution = layer.kind == LayerKind::kConvolution;
    const bool below = needs.at(layer.input);
    state.input_needs_gradient.push_back(below);
    state.needs_gradient.push_back(is_convolution || below);
    needs[layer.output] = is_convolution || below;

    state.kernels.push_back(Prepare(layer, options_.micro_batch, state.element, below));
    const kernels::TrainingSizes& sizes = state.kernels.back().Sizes();
    state.packed.push_back({.forward_weight = AlignedBytes(sizes.forward_weight),
                            .forward_bias = AlignedBytes(sizes.forward_bias),
                            .backward_weight = AlignedBytes(sizes.backward_weight)});
    state.layer_places.push_back(is_convolution ? state.Reserve(sizes.diff_weight, sizes.diff_bias)
                                                : State::GradientPlace{});
  }
  for (const TrainingHead& head : plan.heads) {
    const std::size_t weight_count = options_.outputs * head.features;
    state.head_places.push_back(
        state.Reserve(weight_count * sizeof(float), options_.outputs * sizeof(float)));
    state.head_weights.push_back(MakeTensor({options_.outputs, head.features, 1, 1}));
    state.head_biases.push_back(MakeTensor({options_.outputs, 1, 1, 1}));
  }
  if (plan.profile_head) {
    const std::size_t outputs = plan.profile_head->outputs;
    state.profile_place =
        state.Reserve(outputs * kProfileDim * sizeof(float), outputs * sizeof(float));
  }
}

TrainingNetwork::TrainingNetwork(TrainingNetwork&&) noexcept = default;
TrainingNetwork& TrainingNetwork::operator=(TrainingNetwork&&) noexcept = default;
TrainingNetwork::~TrainingNetwork() = default;

TrainingNetwork::State::GradientPlace TrainingNetwork::State::Reserve(std::size_t weight_bytes,
                                                                      std::size_t bias_bytes) {
  const GradientPlace place = {.weight = gradient_count,
                               .weight_count = weight_bytes / sizeof(float),
                               .bias = gradient_count + PaddedCount(weight_bytes),
                               .bias_count = bias_bytes / sizeof(float)};
  gradient_count = place.bias + PaddedCount(bias_bytes);
  return place;
}

std::size_t TrainingNetwork::InputBytes() const {
  return plan().input_shape.Count() * kernels::SizeOf(state_->element);
}

std::vector<std::string> TrainingNetwork::Implementations() const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < state_->kernels.size(); ++i) {
    std::string line = plan().layers[i].name + ":";
    for (const std::string& name : state_->kernels[i].Implementations()) line += " " + name;
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
  for (std::size_t i = 0; i < state_->kernels.size(); ++i) {
    const Layer& layer = plan().layers[i];
    if (layer.kind != LayerKind::kConvolution) continue;
    state_->kernels[i].Pack(weights.at(WeightName(layer.name)),
                            weights.at(BiasName(layer.name)).data,
                            {.forward_weight = state_->packed[i].forward_weight.bytes(),
                             .forward_bias = state_->packed[i].forward_bias.bytes(),
                             .backward_weight = state_->packed[i].backward_weight.bytes()});
  }
  for (std::size_t i = 0; i < plan().heads.size(); ++i) {
    state_->head_weights[i] = weights.at(WeightName(plan().heads[i].classifier));
    state_->head_biases[i] = weights.at(BiasName(plan().heads[i].classifier));
  }
  if (const std::optional<ProfileHead>& head = plan().profile_head) {
    state_->profile_weights = weights.at(WeightName(head->name));
    state_->profile_biases = weights.at(BiasName(head->name));
  }
}

}  // namespace deeper
