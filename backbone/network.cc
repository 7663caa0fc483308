#include "backbone/network.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "backbone/kernels/onednn.h"
#include "backbone/kernels/reference.h"
#include "backbone/layer_stack.h"
#include "core/error.h"

namespace deeper {
namespace {

static_assert(kCropSide == kInputSide && kFeatureDim == kInception.back().Out());

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

const Weights& Validated(const Weights& weights) {
  ValidateGoogLeNetWeights(weights, "backbone");
  return weights;
}

const NetworkOptions& Validated(const NetworkOptions& options) {
  Expects(options.batch > 0, "batch > 0");
  return options;
}

}  // namespace

struct Workspace::State {
  explicit State(const LayerStack& stack) : owner(&stack), buffers(stack) {}

  const LayerStack* owner;  // of the network that made this workspace; to tell it from others
  LayerStack::Buffers buffers;
};

struct Network::State {
  State(const Weights& weights, const NetworkOptions& given)
      : options(Validated(given)),
        stack(Validated(weights), given.precision),
        classifier(ClassifierOf(weights)) {}

  NetworkOptions options;
  LayerStack stack;
  Classifier classifier;
};

std::string NameOf(Precision precision) { return precision == Precision::kF32 ? "f32" : "bf16"; }

Precision PrecisionFromName(const std::string& name) {
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    if (name == NameOf(precision)) return precision;
  }
  if (name == "auto") return kernels::RunsBf16() ? Precision::kBf16 : Precision::kF32;
  throw Error("precision: expected f32, bf16 or auto, found '" + name + "'");
}

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

std::size_t Network::ClassCount() const { return state_->classifier.classes; }

Workspace Network::MakeWorkspace() const {
  return Workspace(std::make_unique<Workspace::State>(state_->stack));
}

void Network::Features(TensorView crops, Workspace& workspace, std::span<float> features) const {
  const std::size_t n = crops.shape.n;
  const Shape one = {1, kInputChannels, kInputSide, kInputSide};
  Expects(crops.shape == Shape{n, one.c, one.h, one.w}, "crops of n x 3 x 224 x 224");
  Expects(crops.data.size() == crops.shape.Count(), "crops with all their values");
  Expects(features.size() == n * kFeatureDim, "room for 1024 features a crop");
  Expects(workspace.state().owner == &state_->stack, "a workspace that this network made");
  for (std::size_t i = 0; i < n; ++i) {
    const TensorView crop(one, crops.data.subspan(i * one.Count(), one.Count()));
    state_->stack.Run(
        crop, workspace.state().buffers, features.subspan(i * kFeatureDim, kFeatureDim));
  }
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
