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

// What TrainingNetwork computes, defined: one example through the reference kernels, layer by
// layer. Slow: seconds an example.

// Everything that the layers of a plan wrote for one example, by activation.
using ReferenceActivations = std::map<std::string, Tensor>;

// Runs the plan's layers from the `first` on, replacing what they wrote. Those before it, and the
// plan's input, must be there. Expects weights with every blob that the plan trains.
void RunReferenceLayers(const TrainingPlan& plan,
                        const Weights& weights,
                        std::size_t first,
                        ReferenceActivations& activations);

// The losses of the plan's heads on these activations, weighted and summed. seed: of the example's
// dropout. The loss is called with example 0.
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
