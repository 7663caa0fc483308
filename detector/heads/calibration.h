#pragma once

#include <span>
#include <vector>

#include "core/class_table.h"

namespace deeper {

// A logistic curve from margins to probabilities:
//   p = 1 / (1 + exp(-(slope s + offset))).
struct LogisticCurve {
  double slope = 1;
  double offset = 0;

  double operator()(double margin) const;
  bool operator==(const LogisticCurve&) const = default;
};

// Fits the curve to margins of which some are `correct`, by Platt's method (Platt 1999) as Lin, Lin
// and Weng (2007) compute it: Newton's method on the likelihood of the smoothed targets
//   (N+ + 1) / (N+ + 2) and 1 / (N- + 2),
// so that few examples give no certainty. If all examples are of one kind, the slope is 0. Expects
// as many flags as margins, all finite.
LogisticCurve FitLogisticCurve(std::span<const float> margins, const std::vector<bool>& correct);

// How a model's margins become probabilities, class by class, and the probability from which a
// detection is worth showing.
struct Calibration {
  std::vector<LogisticCurve> curves;  // one per class
  // One per class: the probability at which F1 was best where the curves were measured.
  std::vector<double> operating_points;

  bool operator==(const Calibration&) const = default;
};

}  // namespace deeper
