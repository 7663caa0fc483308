#include "detector/heads/calibration.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/error.h"

namespace deeper {
namespace {

// log(1 + exp(x)) without overflow.
double LogOnePlusExp(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

struct Examples {
  std::span<const float> margins;
  const std::vector<bool>& correct;
  double target_correct;
  double target_wrong;

  double TargetOf(std::size_t i) const { return correct[i] ? target_correct : target_wrong; }

  // Minus the log-likelihood of the targets.
  double Loss(const LogisticCurve& curve) const {
    double loss = 0;
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const double z = curve.slope * double{margins[i]} + curve.offset;
      loss += LogOnePlusExp(z) - TargetOf(i) * z;
    }
    return loss;
  }
};

// Newton's step at `curve`, to be subtracted; the Hessian gets a small ridge so that it can be
// inverted.
LogisticCurve NewtonStep(const Examples& examples, const LogisticCurve& curve) {
  constexpr double kRidge = 1e-12;
  double gradient_slope = 0;
  double gradient_offset = 0;
  double slope_slope = kRidge;
  double slope_offset = 0;
  double offset_offset = kRidge;
  for (std::size_t i = 0; i < examples.margins.size(); ++i) {
    const double margin = examples.margins[i];
    const double p = curve(margin);
    const double difference = p - examples.TargetOf(i);
    gradient_slope += difference * margin;
    gradient_offset += difference;
    slope_slope += p * (1 - p) * margin * margin;
    slope_offset += p * (1 - p) * margin;
    offset_offset += p * (1 - p);
  }
  const double determinant = slope_slope * offset_offset - slope_offset * slope_offset;
  return {.slope = (offset_offset * gradient_slope - slope_offset * gradient_offset) / determinant,
          .offset = (slope_slope * gradient_offset - slope_offset * gradient_slope) / determinant};
}

}  // namespace

double LogisticCurve::operator()(double margin) const {
  const double z = slope * margin + offset;
  return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z));
}

LogisticCurve FitLogisticCurve(std::span<const float> margins, const std::vector<bool>& correct) {
  Expects(margins.size() == correct.size(), "a flag for each margin");
  const auto positives = static_cast<double>(std::count(correct.begin(), correct.end(), true));
  const double negatives = static_cast<double>(correct.size()) - positives;
  const Examples examples = {.margins = margins,
                             .correct = correct,
                             .target_correct = (positives + 1) / (positives + 2),
                             .target_wrong = 1 / (negatives + 2)};
  LogisticCurve curve = {.slope = 0, .offset = std::log((positives + 1) / (negatives + 1))};
  if (positives == 0 || negatives == 0) return curve;

  constexpr int kMaxSteps = 100;
  constexpr double kSmallestShare = 1e-10;  // of a Newton step
  double loss = examples.Loss(curve);
  for (int i = 0; i < kMaxSteps; ++i) {
    const LogisticCurve step = NewtonStep(examples, curve);
    double share = 1;
    LogisticCurve next = curve;
    double next_loss = loss;
    for (; share > kSmallestShare; share /= 2) {
      next = {.slope = curve.slope - share * step.slope,
              .offset = curve.offset - share * step.offset};
      next_loss = examples.Loss(next);
      if (next_loss < loss) break;
    }
    if (share <= kSmallestShare) break;  // no step is better: this is the minimum
    curve = next;
    loss = next_loss;
  }
  return curve;
}

}  // namespace deeper
