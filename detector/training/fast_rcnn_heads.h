#pragma once

#include "backbone/training/solver.h"
#include "backbone/weights.h"
#include "core/dataset.h"
#include "detector/model/model.h"

namespace deeper {

// The classifier and box regression of a Fast R-CNN detector, in the network that learns them and
// in the model that is made of it.

// A detector of the values that a training of PictureTrainer learned: self-contained, its network
// rounded to bf16.
Model DetectorOf(const SolverState& state, const Dataset& dataset);

// Puts the blobs that DetectorOf made the model's classifier and box regression of among the
// weights.
void PutHeadsOf(const Model& model, Weights& weights);

// Throws Error unless a training for the data set can go on from what the model has learned.
void RequireHeadsFor(const Model& model, const Dataset& dataset);

}  // namespace deeper
