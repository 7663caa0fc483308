#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace deeper {

// A linear classifier: margin(x) = weight . x + bias.
struct LinearSvm {
  std::vector<float> weight;
  float bias = 0;

  bool operator==(const LinearSvm&) const = default;
};

// L2-regularised hinge loss as in liblinear's L2R_L1LOSS_SVC_DUAL, which R-CNN used:
//   min 1/2 |(w, b)|^2 + C sum_i c_i max(0, 1 - y_i (w . x_i + b * bias_input)).
struct SvmOptions {
  double c = 1e-3;
  double positive_weight = 2;  // c_i of positives; negatives have 1
  double bias_input =
      10;  // a constant feature of this value, whose weight is regularised with the others
  double tolerance = 1e-3;  // stop when the projected gradients differ by less
  int max_passes = 1000;
  std::uint64_t seed = 3;  // of the order of coordinates
  void Validate() const;
  bool operator==(const SvmOptions&) const = default;
};

struct SvmSolution {
  LinearSvm svm;
  std::vector<double> alpha;  // dual variables, one per example, for a warm start
  double objective = 0;       // of the primal
  int passes = 0;
  bool converged = false;
};

// Dual coordinate descent (Hsieh et al. 2008, Algorithm 3, with shrinking) over examples
//   x_i = rows[i], each of the same length, with labels +1 or -1.
// `start_alpha` is empty or has one value per example. Deterministic. Threads may share const
// inputs. Expects at least one example and finite features.
SvmSolution TrainLinearSvm(std::span<const std::span<const float>> rows,
                           std::span<const signed char> labels,
                           const SvmOptions& options,
                           std::span<const double> start_alpha = {});

}  // namespace deeper
