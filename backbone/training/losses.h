#pragma once

#include <cstddef>
#include <span>

namespace deeper {

// Losses of one example, each with its gradient. They return the loss and replace `gradient`, of
// as many values as the first argument, with its derivatives. Sums are taken in double.

// The loss of a softmax, with which Szegedy et al. 2014 train:
//   -log softmax(scores)_label
// Scores are unbounded; it does not overflow. Expects label < scores.size().
double SoftmaxLoss(std::span<const float> scores, std::size_t label, std::span<float> gradient);

// Girshick 2015, section 2.3:
//   sum_i s(x_i - t_i), s(d) = d^2 / 2 for |d| < 1, else |d| - 1/2
double SmoothL1Loss(std::span<const float> values,
                    std::span<const float> targets,
                    std::span<float> gradient);

// Erhan et al. 2014, equation 2, without its weight:
//   sum_i (x_i - t_i)^2 / 2
double L2Loss(std::span<const float> values,
              std::span<const float> targets,
              std::span<float> gradient);

}  // namespace deeper
