#pragma once

#include "backbone/googlenet.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// Runs one layer on `input`, of one picture or several, by the reference kernels. A convolution
// runs with its ReLU. Returns the layer's own channels alone. Expects weights that hold the
// layer's.
Tensor RunReferenceLayer(const Layer& layer, const Weights& weights, const Tensor& input);

// Runs the network on one crop by the reference kernels, layer by layer. This defines what Network
// computes. The observer sees every layer. Slow: seconds per crop.
//   crop:    (1, 3, 224, 224)
//   returns: the features, (1, 1024, 1, 1)
// Expects weights that fit the table.
Tensor ReferenceFeatures(const Weights& weights,
                         TensorView crop,
                         const LayerObserver& observer = {});

}  // namespace deeper
