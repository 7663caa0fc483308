#include "detector/training/fast_rcnn_heads.h"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "backbone/files/stored_floats.h"
#include "backbone/googlenet.h"
#include "backbone/network.h"
#include "backbone/training/network_training.h"
#include "backbone/training/picture_trainer.h"
#include "backbone/training/training_plan.h"
#include "backbone/training/training_run.h"
#include "core/error.h"
#include "detector/heads/heads.h"
#include "detector/heads/offset_deviations.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model_file.h"
#include "detector/training/calibrate.h"
#include "detector/training/heads_options.h"

namespace deeper {
namespace {

constexpr std::size_t kOffsets = BoxOffsets{}.size();

// A regression's weight of this value of the profiles. One of an earlier version reads the
// features, which are the mean of the profiles of all rows, and of all columns.
float WeightOf(std::span<const float> row, std::size_t value) {
  constexpr auto kLines = static_cast<float>(2 * kLastMapSide);
  return row.size() > kFeatureDim + 1 ? row[value] : row[value % kFeatureDim] / kLines;
}

}  // namespace

Model DetectorOf(const SolverState& state, const Dataset& dataset) {
  Weights network = TrainedBackbone(state);
  const Tensor weight = network.at(WeightName(kClassifierName));
  const Tensor bias = network.at(BiasName(kClassifierName));
  const Tensor& box_weight = LearnedBlob(state, WeightName(kProfileHeadName));
  const Tensor& box_bias = LearnedBlob(state, BiasName(kProfileHeadName));
  network = WithoutClassifier(std::move(network));
  RoundToBf16(network);
  Model model;
  model.classes = dataset.classes;
  model.backbone_fingerprint = FingerprintOf(network);
  model.backbone_name = "GoogLeNet, Fast R-CNN";
  model.backbone = std::move(network);
  model.scaling = {.norm = FeatureNorm::kMean, .target_norm = 1, .mean_norm = 1};
  model.nms.vote_iou = kVoteIou;
  // The curve through log-odds is the probability that the softmax gave.
  SetCalibration({.curves = std::vector<LogisticCurve>(dataset.classes.Size()),
                  .operating_points = std::vector<double>(dataset.classes.Size(), 0.5)},
                 model);
  model.classifiers = {.kind = ClassifierKind::kSoftmax,
                       .feature_dim = kFeatureDim,
                       .weights = weight.data,
                       .biases = bias.data};
  BoxRegression& regression = model.box_regression.emplace();
  regression.feature_dim = kProfileDim;
  for (std::size_t k = 0; k < kOffsets; ++k) {
    const auto deviation = static_cast<float>(kOffsetDeviations[k]);
    for (std::size_t i = 0; i < kProfileDim; ++i) {
      regression.weights.push_back(deviation * kProfileScale *
                                   box_weight.data[k * kProfileDim + i]);
    }
    regression.weights.push_back(deviation * box_bias.data[k]);
  }
  return model;
}

std::optional<Model> LearnedIn(const std::filesystem::path& file) {
  if (!IsDetectorFile(file)) return std::nullopt;
  Model model = LoadModel(file);
  return model.picture_scale ? std::optional(std::move(model)) : std::nullopt;
}

void RequireHeads(const Model& model) {
  const bool is_alike = model.picture_scale && model.box_regression &&
                        model.classifiers.kind == ClassifierKind::kSoftmax &&
                        model.classifiers.feature_dim == kFeatureDim &&
                        model.box_regression->RegressorCount() == 1;
  if (!is_alike) {
    throw Error(
        "learned: expected a detector of whole pictures, of 'train fast-rcnn', to go on from");
  }
}

void PutHeadsOf(const Model& model, const ClassTable& classes, Weights& weights) {
  if (model.classes == classes) {
    Tensor weight = MakeTensor({model.classifiers.biases.size(), kFeatureDim, 1, 1});
    Tensor bias = MakeTensor({model.classifiers.biases.size(), 1, 1, 1});
    weight.data = model.classifiers.weights;
    bias.data = model.classifiers.biases;
    weights[WeightName(kClassifierName)] = std::move(weight);
    weights[BiasName(kClassifierName)] = std::move(bias);
  }
  const BoxRegression& regression = *model.box_regression;
  Tensor box_weight = MakeTensor({kOffsets, kProfileDim, 1, 1});
  Tensor box_bias = MakeTensor({kOffsets, 1, 1, 1});
  for (std::size_t k = 0; k < kOffsets; ++k) {
    const std::size_t values = regression.feature_dim + 1;
    const std::span<const float> row = std::span(regression.weights).subspan(k * values, values);
    const auto deviation = static_cast<float>(kOffsetDeviations[k]);
    for (std::size_t i = 0; i < kProfileDim; ++i)
      box_weight.data[k * kProfileDim + i] = WeightOf(row, i) / deviation / kProfileScale;
    box_bias.data[k] = row.back() / deviation;
  }
  weights[WeightName(kProfileHeadName)] = std::move(box_weight);
  weights[BiasName(kProfileHeadName)] = std::move(box_bias);
}

}  // namespace deeper
