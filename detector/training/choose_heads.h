#pragma once

#include <vector>

#include "core/dataset.h"
#include "core/work/monitor.h"
#include "detector/examples/training_features.h"
#include "detector/heads/region_features.h"
#include "detector/heads/training_images.h"
#include "detector/model/model.h"
#include "detector/training/heads_options.h"
#include "eval/evaluate.h"

namespace deeper {

// The fact among Model::training of classifiers whose training the limit of steps ended.
inline constexpr const char* kAtLimitFact = "stopped at the step limit";

// Held-out pictures with their regions, without the boxes that only the annotations gave.
struct HeldOut {
  Dataset truth;
  std::vector<RegionFeatures> regions;  // parallel to truth.images
};
// The held-out pictures among those that could be read. `extracted` is of `dataset`.
HeldOut HeldOutOf(const Dataset& dataset, ExtractedImages extracted);

// Evaluates what the model, as it is, finds in the held-out pictures.
Evaluation EvaluateOn(const HeldOut& held_out, const Model& model, Protocol protocol, int workers);

// Returns the model with the classifiers and the suppression that are best on the held-out
// pictures, calibrated if requested, and with the results there among its facts. `shared`: the
// model without these; `training`: scaled as `shared` says. Throws WorkStopped when asked to stop.
Model WithBestClassifiers(const Model& shared,
                          const std::vector<TrainingImage>& training,
                          const HeldOut& held_out,
                          const HeadsOptions& options,
                          const Monitor& monitor);

}  // namespace deeper
