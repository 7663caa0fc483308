#pragma once

#include <array>
#include <memory>

#include "backbone/execution/quantization.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// Measures the steps of the activations over crops, in f32. 8 bits then hold all but the largest
// 1 - fraction of an activation's values, which are cut: a few outliers would cost all others their
// resolution.
class ActivationRanges {
 public:
  // Throws Error when the weights do not fit the table.
  explicit ActivationRanges(const Weights& weights);
  ActivationRanges(ActivationRanges&&) noexcept;
  ActivationRanges& operator=(ActivationRanges&&) noexcept;
  ~ActivationRanges();

  // Counts in one crop (1, 3, 224, 224), its mean subtracted.
  void Add(TensorView crop);

  // Counts in all that `other`, of the same weights, has counted.
  void Merge(const ActivationRanges& other);

  // Expects at least one crop and 0 < fraction <= 1. mean_bgr: what the crops had subtracted.
  Quantization Finish(double fraction, const std::array<float, 3>& mean_bgr) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deeper
