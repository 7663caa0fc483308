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

// Held-out pictures with their regions, without the boxes that only the annotations gave.
struct HeldOut {
  Dataset truth;
  std::vector<RegionFeatures> regions;  // parallel to truth.images
};
// Of those that could be read. `extracted` is of `dataset`.
HeldOut HeldOutOf(const Dataset& dataset, ExtractedImages extracted);

// What the model, as it is, finds in the held-out pictures.
Evaluation EvaluateOn(const HeldOut& held_out, const Model& model, Protocol protocol, int workers);

// The model with the classifiers and the suppression that are best on the held-out pictures,
// calibrated if that was asked for, and what was found there among its facts. `shared`: the model
// but for these; `training`: scaled as it says.
Model WithBestClassifiers(const Model& shared,
                          const std::vector<TrainingImage>& training,
                          const HeldOut& held_out,
                          const HeadsOptions& options,
                          const Monitor& monitor);

}  // namespace deeper
