#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "backbone/tensor.h"
#include "backbone/training/training_network.h"
#include "backbone/training/training_plan.h"
#include "backbone/weights.h"

namespace deeper {

// Defines what TrainingNetwork computes: one example through the reference kernels, layer by layer.
// Slow: seconds per example.

// All that the layers of a plan wrote for one example, by activation.
using ReferenceActivations = std::map<std::string, Tensor>;

// Runs the layers of the plan from `first` on, and replaces what they wrote. The activations before
// it, and the input of the plan, must be there. Expects weights with every blob that the plan
// trains.
void RunReferenceLayers(const TrainingPlan& plan,
                        const Weights& weights,
                        std::size_t first,
                        ReferenceActivations& activations);

// Returns the losses of the plan's heads on these activations, weighted and summed. seed: of the
// dropout of the example. The loss is called with example 0.
double ReferenceLoss(const TrainingPlan& plan,
                     const Weights& weights,
                     const ReferenceActivations& activations,
                     std::uint64_t seed,
                     const ExampleLoss& loss);

// The derivatives of that loss with respect to every blob that the plan trains.
Weights ReferenceGradients(const TrainingPlan& plan,
                           const Weights& weights,
                           const ReferenceActivations& activations,
                           std::uint64_t seed,
                           const ExampleLoss& loss);

}  // namespace deeper
