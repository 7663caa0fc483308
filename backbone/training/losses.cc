#include "backbone/training/losses.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace deeper {
namespace {

double Difference(float value, float target) {
  return static_cast<double>(value) - static_cast<double>(target);
}

}  // namespace

double SoftmaxLoss(std::span<const float> scores, std::size_t label, std::span<float> gradient) {
  Expects(label < scores.size() && gradient.size() == scores.size(), "a label among the scores");
  const float largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (const float score : scores) sum += std::exp(Difference(score, largest));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double probability = std::exp(Difference(scores[i], largest)) / sum;
    gradient[i] = static_cast<float>(i == label ? probability - 1 : probability);
  }
  return std::log(sum) - Difference(scores[label], largest);
}

double SmoothL1Loss(std::span<const float> values,
                    std::span<const float> targets,
                    std::span<float> gradient) {
  Expects(values.size() == targets.size() && gradient.size() == values.size(), "a target a value");
  double loss = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double d = Difference(values[i], targets[i]);
    loss += std::abs(d) < 1 ? d * d / 2 : std::abs(d) - 0.5;
    gradient[i] = static_cast<float>(std::clamp(d, -1.0, 1.0));
  }
  return loss;
}

double L2Loss(std::span<const float> values,
              std::span<const float> targets,
              std::span<float> gradient) {
  Expects(values.size() == targets.size() && gradient.size() == values.size(), "a target a value");
  double loss = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double d = Difference(values[i], targets[i]);
    loss += d * d / 2;
    gradient[i] = static_cast<float>(d);
  }
  return loss;
}

}  // namespace deeper
