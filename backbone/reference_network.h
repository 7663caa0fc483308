#pragma once

#include "backbone/googlenet.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// What the layer makes of `input`, one picture or several, by the reference kernels: its own
// channels alone; a convolution with its ReLU. Expects weights that hold the layer's.
Tensor RunReferenceLayer(const Layer& layer, const Weights& weights, const Tensor& input);

// The features of `crop` (1, 3, 224, 224), shape (1, 1024, 1, 1), by the reference kernels, layer
// by layer: what Network computes, defined. The observer sees every layer. Slow: seconds a crop.
// Expects weights that fit the table.
Tensor ReferenceFeatures(const Weights& weights,
                         TensorView crop,
                         const LayerObserver& observer = {});

}  // namespace deeper
