#pragma once

#include <filesystem>
#include <optional>

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

// The detector in this file, where it is one of whole pictures; nothing where it is another file.
// Throws Error as LoadModel does.
std::optional<Model> LearnedIn(const std::filesystem::path& file);

// Throws Error unless a training can go on from what the model has learned.
void RequireHeads(const Model& model);

// Puts the blobs that DetectorOf made the model's box regression of among the weights, which is the
// same for all classes, and those of its classifier where its classes are these.
void PutHeadsOf(const Model& model, const ClassTable& classes, Weights& weights);

}  // namespace deeper
