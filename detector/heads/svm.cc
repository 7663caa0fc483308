#include "detector/heads/svm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/out_of_range.h"
#include "core/random.h"
#include "detector/heads/dot.h"

namespace deeper {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The largest and the smallest projected gradient of a sweep; at the optimum both are 0.
struct GradientRange {
  double max = -kInfinity;
  double min = kInfinity;
};

// Hsieh et al. 2008, Algorithm 3, with the symbols of the paper. Minimises
//   1/2 alpha' Q alpha - sum alpha over 0 <= alpha_i <= U_i, where Q_ij = y_i y_j x_i . x_j,
// one alpha_i after the other, and keeps
//   w = sum_i alpha_i y_i x_i
// beside them. The bias is one more value of every x_i.
class DualCoordinateDescent {
 public:
  DualCoordinateDescent(std::span<const std::span<const float>> rows,
                        std::span<const signed char> labels,
                        const SvmOptions& options,
                        std::span<const double> start_alpha)
      : x_(rows), y_(labels), options_(options), w_(rows[0].size()), random_(options.seed) {
    for (std::size_t i = 0; i < x_.size(); ++i) {
      Expects(x_[i].size() == w_.size(), "examples of one length");
      Expects(y_[i] == 1 || y_[i] == -1, "labels that are +1 or -1");
      upper_.push_back(options.c * (y_[i] > 0 ? options.positive_weight : 1));
      diagonal_.push_back(Dot(x_[i], x_[i]) + options.bias_input * options.bias_input);
      Expects(std::isfinite(diagonal_[i]), "features that are finite");
      alpha_.push_back(start_alpha.empty() ? 0 : std::clamp(start_alpha[i], 0.0, upper_[i]));
    }
    SumUpW();
  }

  SvmSolution Solve() {
    SvmSolution solution;
    ActivateAll();
    GradientRange shrink_outside = {.max = kInfinity, .min = -kInfinity};
    while (!solution.converged && solution.passes < options_.max_passes) {
      ++solution.passes;
      const GradientRange met = Sweep(shrink_outside);
      if (met.max - met.min < options_.tolerance) {
        // Small among the active ones. If those are all, it is done. Else the others are looked at
        // again, with a w that is free of the accumulated rounding of the steps.
        solution.converged = active_.size() == x_.size();
        ActivateAll();
        SumUpW();
        shrink_outside = {.max = kInfinity, .min = -kInfinity};
      } else {
        shrink_outside = {.max = met.max > 0 ? met.max : kInfinity,
                          .min = met.min < 0 ? met.min : -kInfinity};
      }
    }
    if (!solution.converged) SumUpW();
    solution.svm = {.weight = w_, .bias = static_cast<float>(w_of_bias_ * options_.bias_input)};
    solution.objective = PrimalObjective();
    solution.alpha = std::move(alpha_);
    return solution;
  }

 private:
  void ActivateAll() {
    active_.resize(x_.size());
    std::iota(active_.begin(), active_.end(), std::size_t{0});
  }

  // One step along each active coordinate, in a random order. Deactivates coordinates at a bound
  // that they will not leave: their gradient is outside `shrink_outside`.
  GradientRange Sweep(const GradientRange& shrink_outside) {
    for (std::size_t i = active_.size(); i > 1; --i) {
      std::swap(active_[i - 1], active_[random_.Below(i)]);
    }
    GradientRange met;
    for (std::size_t position = 0; position < active_.size();) {
      const std::size_t i = active_[position];
      const double gradient = y_[i] * Margin(i) - 1;
      const bool at_zero = alpha_[i] <= 0;
      const bool at_upper = alpha_[i] >= upper_[i];
      if ((at_zero && gradient > shrink_outside.max) ||
          (at_upper && gradient < shrink_outside.min)) {
        active_[position] = active_.back();
        active_.pop_back();
        continue;
      }
      const bool is_blocked = (at_zero && gradient > 0) || (at_upper && gradient < 0);
      const double projected = is_blocked ? 0 : gradient;
      met.max = std::max(met.max, projected);
      met.min = std::min(met.min, projected);
      if (projected != 0) Step(i, gradient);
      ++position;
    }
    return met;
  }

  // The exact minimum along alpha_i. If Q_ii is 0, the gradient is -1 and the minimum is the upper
  // bound.
  void Step(std::size_t i, double gradient) {
    const double before = alpha_[i];
    alpha_[i] =
        diagonal_[i] > 0 ? std::clamp(before - gradient / diagonal_[i], 0.0, upper_[i]) : upper_[i];
    const double change = (alpha_[i] - before) * y_[i];
    AddScaled(static_cast<float>(change), x_[i], w_);
    w_of_bias_ += change * options_.bias_input;
  }

  double Margin(std::size_t i) const { return Dot(w_, x_[i]) + w_of_bias_ * options_.bias_input; }

  // Computes w = sum_i alpha_i y_i x_i anew, summed in f64.
  void SumUpW() {
    std::vector<double> sum(w_.size());
    w_of_bias_ = 0;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      if (alpha_[i] == 0) continue;
      const double factor = alpha_[i] * y_[i];
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += factor * double{x_[i][k]};
      w_of_bias_ += factor * options_.bias_input;
    }
    for (std::size_t k = 0; k < sum.size(); ++k) w_[k] = static_cast<float>(sum[k]);
  }

  double PrimalObjective() const {
    double objective = (Dot(w_, w_) + w_of_bias_ * w_of_bias_) / 2;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      objective += upper_[i] * std::max(0.0, 1 - y_[i] * Margin(i));
    }
    return objective;
  }

  std::span<const std::span<const float>> x_;
  std::span<const signed char> y_;
  const SvmOptions& options_;
  std::vector<float> w_;
  double w_of_bias_ = 0;
  std::vector<double> alpha_;
  std::vector<double> upper_;     // U_i
  std::vector<double> diagonal_;  // Q_ii
  std::vector<std::size_t> active_;
  Random random_;
};

void RequirePositive(const char* name, double value) {
  if (value > 0 && std::isfinite(value)) return;
  throw OutOfRange(name, value, "a finite number above 0");
}

}  // namespace

void SvmOptions::Validate() const {
  RequirePositive("svm_c", c);
  RequirePositive("positive_weight", positive_weight);
  RequirePositive("tolerance", tolerance);
  if (!(bias_input >= 0 && std::isfinite(bias_input))) {
    throw Error("svm bias_input = " + std::to_string(bias_input) +
                ": expected a finite number, 0 for no bias");
  }
  if (max_passes < 1) {
    throw Error("svm max_passes = " + std::to_string(max_passes) + ": expected at least 1");
  }
}

SvmSolution TrainLinearSvm(std::span<const std::span<const float>> rows,
                           std::span<const signed char> labels,
                           const SvmOptions& options,
                           std::span<const double> start_alpha) {
  Expects(!rows.empty(), "at least one example");
  Expects(labels.size() == rows.size(), "one label an example");
  Expects(start_alpha.empty() || start_alpha.size() == rows.size(), "one start value an example");
  return DualCoordinateDescent(rows, labels, options, start_alpha).Solve();
}

}  // namespace deeper
