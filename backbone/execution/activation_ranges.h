#pragma once

#include <array>
#include <memory>
#include <span>

#include "backbone/execution/quantization.h"
#include "backbone/kernels/region_pool.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// The ranges of the activations over crops or whole pictures, measured in f32. They give the steps
// of a quantization. 8 bits then hold the `fraction` of an activation's values that is smallest.
// The larger ones are cut, because a few outliers would cost all others their resolution.
class ActivationRanges {
 public:
  // Throws Error when the weights do not fit the table.
  explicit ActivationRanges(const Weights& weights);
  ActivationRanges(ActivationRanges&&) noexcept;
  ActivationRanges& operator=(ActivationRanges&&) noexcept;
  ~ActivationRanges();

  // Adds one crop (1, 3, 224, 224), its mean subtracted. This and AddPicture throw Error naming the
  // layer whose sums may overflow in f32, or whose output did; the ranges are then of no use.
  void Add(TensorView crop);

  // Adds one whole picture (1, 3, height, width), its mean subtracted, and these windows of it, as
  // PictureNetwork runs them.
  void AddPicture(TensorView picture, std::span<const kernels::RegionWindow> windows);

  // Adds all that was added to `other`, which must be of the same weights.
  void Merge(const ActivationRanges& other);

  // Returns the quantization. mean_bgr: what was subtracted. Expects at least one crop or
  // picture, and 0 < fraction <= 1.
  Quantization Finish(double fraction, const std::array<float, 3>& mean_bgr) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deeper
