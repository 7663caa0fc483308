#include "backbone/network.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "backbone/execution/layer_stack.h"
#include "backbone/kernels/reference.h"
#include "core/error.h"
#include "core/remedy.h"

namespace deeper {
namespace {

// The final classifier, with its weights so turned that the scores of all classes are summed side
// by side.
struct Classifier {
  std::size_t classes = 0;
  std::vector<float> weight;  // kFeatureDim x classes, row-major
  std::vector<float> bias;    // classes

  // score_j = b_j + sum_i w_ij x_i
  void Scores(std::span<const float> features, std::span<float> scores) const {
    std::copy(bias.begin(), bias.end(), scores.begin());
    for (std::size_t i = 0; i < kFeatureDim; ++i) {
      const float* row = weight.data() + i * classes;
      for (std::size_t j = 0; j < classes; ++j) scores[j] += features[i] * row[j];
    }
  }
};

Classifier ClassifierOf(const Weights& weights) {
  const auto weight = weights.find(WeightName(kClassifierName));
  if (weight == weights.end()) return {};
  Classifier classifier;
  classifier.classes = weight->second.shape.n;
  classifier.bias = weights.at(BiasName(kClassifierName)).data;
  classifier.weight.resize(kFeatureDim * classifier.classes);
  for (std::size_t j = 0; j < classifier.classes; ++j) {
    for (std::size_t i = 0; i < kFeatureDim; ++i) {
      classifier.weight[i * classifier.classes + j] = weight->second.data[j * kFeatureDim + i];
    }
  }
  return classifier;
}

}  // namespace

const Weights& ValidatedWeights(const Weights& weights) {
  ValidateGoogLeNetWeights(weights, "backbone");
  return weights;
}

const NetworkOptions& ValidatedOptions(const NetworkOptions& options) {
  if (options.precision != Precision::kInt8) return options;
  if (!options.quantization) {
    throw ErrorWithRemedy(
        "precision int8: the network has no quantization; measure one, or use 'bf16' or 'f32'",
        Remedy::kMeasureQuantization);
  }
  ValidateQuantization(*options.quantization, "backbone");
  return options;
}

struct Workspace::State {
  explicit State(const LayerStack& stack) : owner(&stack), buffers(stack) {}

  const LayerStack* owner;  // of the network that made this workspace; to tell it from others
  LayerStack::Buffers buffers;
};

struct Network::State {
  State(const Weights& weights, const NetworkOptions& given)
      : options(ValidatedOptions(given)),
        stack(ValidatedWeights(weights), given.precision, given.quantization),
        classifier(ClassifierOf(weights)) {}

  NetworkOptions options;
  LayerStack stack;
  Classifier classifier;
};

Workspace::Workspace(std::unique_ptr<State> state) : state_(std::move(state)) {}
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

std::size_t Workspace::SizeBytes() const { return state_->buffers.SizeBytes(); }

Network::Network(const Weights& weights, const NetworkOptions& options)
    : state_(std::make_unique<const State>(weights, options)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

const NetworkOptions& Network::options() const { return state_->options; }

void Network::ExpectOwn(Workspace& workspace) const {
  Expects(workspace.state().owner == &state_->stack, "a workspace that this network made");
}

std::size_t Network::ClassCount() const { return state_->classifier.classes; }

Workspace Network::MakeWorkspace() const {
  return Workspace(std::make_unique<Workspace::State>(state_->stack));
}

CropRows Network::Input(Workspace& workspace) const {
  ExpectOwn(workspace);
  return state_->stack.Input(workspace.state().buffers);
}

void Network::FeaturesOfInput(Workspace& workspace, std::span<float> features) const {
  ExpectOwn(workspace);
  Expects(features.size() == kFeatureDim, "room for 1024 features");
  state_->stack.Run(workspace.state().buffers, features);
}

void Network::ProfilesOfInput(Workspace& workspace, std::span<float> profiles) const {
  ExpectOwn(workspace);
  Expects(profiles.size() == kProfileDim, "room for the profiles");
  state_->stack.ProfilesOfLastMap(workspace.state().buffers, 0, profiles);
}

void Network::Features(TensorView crops, Workspace& workspace, std::span<float> features) const {
  const std::size_t n = crops.shape.n;
  const Shape one = {1, kInputChannels, kInputSide, kInputSide};
  Expects(crops.shape == Shape{n, one.c, one.h, one.w}, "crops of n x 3 x 224 x 224");
  Expects(crops.data.size() == crops.shape.Count(), "crops with all their values");
  Expects(features.size() == n * kFeatureDim, "room for 1024 features a crop");
  ExpectOwn(workspace);
  LayerStack::Buffers& buffers = workspace.state().buffers;
  for (std::size_t i = 0; i < n; ++i) {
    state_->stack.PutPicture({one, crops.data.subspan(i * one.Count(), one.Count())}, buffers);
    state_->stack.Run(buffers, features.subspan(i * kFeatureDim, kFeatureDim));
  }
}

std::span<const std::byte> Network::RunFirst(std::size_t steps, Workspace& workspace) const {
  ExpectOwn(workspace);
  return state_->stack.RunFirst(steps, workspace.state().buffers);
}

void Network::RunBehind(std::size_t steps,
                        std::span<const std::byte> activation,
                        Workspace& workspace,
                        std::span<float> features) const {
  ExpectOwn(workspace);
  Expects(features.size() == kFeatureDim, "room for 1024 features");
  state_->stack.RunBehind(steps, activation, workspace.state().buffers, features);
}

std::vector<StepTime> Network::Profile(Workspace& workspace) const {
  ExpectOwn(workspace);
  using Clock = std::chrono::steady_clock;
  const std::vector<std::string> implementations = state_->stack.Implementations();
  std::vector<StepTime> times;
  std::vector<float> features(kFeatureDim);
  const auto add = [&](const Step& step, Clock::duration taken) {
    const bool is_convolution = step.kind == StepKind::kConvolution;
    times.push_back({.name = step.name,
                     .implementation = implementations[times.size()],
                     .macs = is_convolution ? Macs(step.layer) : 0,
                     .seconds = std::chrono::duration<double>(taken).count()});
  };
  Clock::time_point before = Clock::now();
  state_->stack.Run(workspace.state().buffers, features, [&](const Step& step, const auto&) {
    add(step, Clock::now() - before);
    before = Clock::now();
  });
  add(state_->stack.steps().back(), Clock::now() - before);
  return times;
}

void Network::Probabilities(std::span<const float> features, std::span<float> probabilities) const {
  const std::size_t classes = ClassCount();
  Expects(classes > 0, "weights with the final classifier");
  Expects(features.size() % kFeatureDim == 0, "1024 features a crop");
  const std::size_t n = features.size() / kFeatureDim;
  Expects(probabilities.size() == n * classes, "room for every class of every crop");
  for (std::size_t i = 0; i < n; ++i) {
    const std::span<float> scores = probabilities.subspan(i * classes, classes);
    state_->classifier.Scores(features.subspan(i * kFeatureDim, kFeatureDim), scores);
    kernels::Softmax(scores);
  }
}

}  // namespace deeper
