#pragma once

#include <span>

#include "backbone/googlenet.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// The gradients of GoogLeNet's layers in plain loops: their definition, to which the fast kernels
// are held. NCHW, f32; sums are taken in double and rounded once. `diff_x` is the derivative of
// the loss with respect to `x` and has its shape. Each replaces what it writes.

// Of ConvolutionReference. diff_bias: (out, 1, 1, 1).
void ConvolutionBackwardDataReference(TensorView diff_destination,
                                      TensorView weight,
                                      const Window& window,
                                      MutableTensorView diff_source);
void ConvolutionBackwardWeightsReference(TensorView source,
                                         TensorView diff_destination,
                                         const Window& window,
                                         MutableTensorView diff_weight,
                                         MutableTensorView diff_bias);

// Of ReluReference, in place: zero where what it wrote is not positive.
void ReluBackwardReference(TensorView destination, MutableTensorView diff);

// Of MaxPoolReference: the first of a window's largest values, row by row, gets its derivative.
void MaxPoolBackwardReference(TensorView source,
                              TensorView diff_destination,
                              const Window& window,
                              Rounding rounding,
                              MutableTensorView diff_source);

// Of AveragePoolReference.
void AveragePoolBackwardReference(TensorView diff_destination,
                                  const Window& window,
                                  Rounding rounding,
                                  MutableTensorView diff_source);

// Of LrnReference.
void LrnBackwardReference(TensorView source,
                          TensorView diff_destination,
                          const LrnParameters& parameters,
                          MutableTensorView diff_source);

// Of FullyConnectedReference.
void FullyConnectedBackwardReference(TensorView source,
                                     TensorView weight,
                                     TensorView diff_destination,
                                     MutableTensorView diff_source,
                                     MutableTensorView diff_weight,
                                     MutableTensorView diff_bias);

// Dropout (Srivastava et al. 2014) with the mask that was drawn, in place, forward and backward
// alike:
//   values = values * mask
// Entries of the mask are 0, or 1 / (1 - rate) so that the mean stays. Expects as many values as
// entries.
void MultiplyByMask(std::span<const float> mask, std::span<float> values);

}  // namespace deeper::kernels
