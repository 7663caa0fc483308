#pragma once

#include <span>

#include "backbone/googlenet.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// The layers of GoogLeNet in plain loops: their definition, to which the fast kernels are held.
// NCHW, f32; sums are taken in double and rounded once. Each replaces `destination`, and expects it
// to have the shape that the layer makes of `source`.

// Convolution (cross-correlation) with zero padding.
//   weight: (out, in, kernel, kernel)
//   bias:   (out, 1, 1, 1)
void ConvolutionReference(TensorView source,
                          TensorView weight,
                          TensorView bias,
                          const Window& window,
                          MutableTensorView destination);

// max(x, 0), in place.
void ReluReference(MutableTensorView map);

// Largest value of each window, and mean of each window. What hangs over the edge of the map does
// not count: padding never wins, and the mean is over the pixels that are there.
void MaxPoolReference(TensorView source,
                      const Window& window,
                      Rounding rounding,
                      MutableTensorView destination);
void AveragePoolReference(TensorView source,
                          const Window& window,
                          Rounding rounding,
                          MutableTensorView destination);

// Local response normalisation across channels, see LrnParameters.
void LrnReference(TensorView source,
                  const LrnParameters& parameters,
                  MutableTensorView destination);

// Linear layer over all of a picture's values.
//   weight:      (out, in, 1, 1) with in = c h w of source
//   bias:        (out, 1, 1, 1)
//   destination: (n, out, 1, 1)
void FullyConnectedReference(TensorView source,
                             TensorView weight,
                             TensorView bias,
                             MutableTensorView destination);

// Replaces the scores x of one picture, without overflow, by
//   exp(x_i) / sum_j exp(x_j)
// Expects at least one score.
void Softmax(std::span<float> scores);

}  // namespace deeper::kernels
