#include "detector/examples/validation_scores.h"

#include <algorithm>
#include <numeric>

#include "backbone/kernels/reference.h"
#include "backbone/training/losses.h"
#include "core/error.h"
#include "eval/average_precision.h"

namespace deeper {

namespace {

// Average precision of ranking examples by `scores`, where those with `label` are right.
double RankingPrecision(const std::vector<float>& scores,
                        const std::vector<std::size_t>& labels,
                        std::size_t label) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return scores[a] > scores[b];
  });
  const auto total = static_cast<double>(std::count(labels.begin(), labels.end(), label));
  PrecisionRecallCurve curve;
  double right = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    right += labels[order[i]] == label ? 1 : 0;
    curve.score.push_back(scores[order[i]]);
    curve.precision.push_back(right / static_cast<double>(i + 1));
    curve.recall.push_back(right / total);
  }
  return AveragePrecisionByArea(curve);
}

}  // namespace

ValidationScores::ValidationScores(std::size_t outputs, std::size_t first_class)
    : first_class_(first_class), probabilities_(outputs), right_(outputs) {}

void ValidationScores::Add(std::span<const float> scores, std::size_t label) {
  Expects(scores.size() == probabilities_.size() && label < scores.size(),
          "a score an output, and one of them the label");
  std::vector<float> values(scores.begin(), scores.end());
  std::vector<float> unused(scores.size());
  loss_ += SoftmaxLoss(scores, label, unused);
  kernels::Softmax(values);
  const auto best = std::max_element(values.begin(), values.end()) - values.begin();
  right_[label] += static_cast<std::size_t>(best) == label ? 1 : 0;
  labels_.push_back(label);
  for (std::size_t i = 0; i < values.size(); ++i) probabilities_[i].push_back(values[i]);
}

std::map<std::string, double> ValidationScores::Numbers() const {
  if (labels_.empty()) return {};
  double accuracy = 0;
  double occurring = 0;
  double precision = 0;
  double classes = 0;
  for (std::size_t label = 0; label < right_.size(); ++label) {
    const auto count = static_cast<double>(std::count(labels_.begin(), labels_.end(), label));
    if (count == 0) continue;
    ++occurring;
    accuracy += static_cast<double>(right_[label]) / count;
    if (label < first_class_) continue;
    ++classes;
    precision += RankingPrecision(probabilities_[label], labels_, label);
  }
  return {{"loss", loss_ / static_cast<double>(labels_.size())},
          {"accuracy", accuracy / occurring},
          {"map", classes > 0 ? precision / classes : 0}};
}

}  // namespace deeper
