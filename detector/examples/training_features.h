#pragma once

#include <cstddef>
#include <vector>

#include "core/dataset.h"
#include "core/work/monitor.h"
#include "detector/examples/kept_features.h"
#include "detector/heads/box_regression.h"
#include "detector/heads/training_images.h"

namespace deeper {

struct ExtractedImages {
  // In dataset.images, ascending: the pictures that could be read.
  std::vector<std::size_t> positions;
  // Parallel to positions if FeatureRequest::features, else empty; features unscaled.
  std::vector<TrainingImage> images;
  // Parallel to positions if FeatureRequest::mirrored_truth, else empty: only the objects, in the
  // mirror image.
  std::vector<TrainingImage> mirrored;
  // Of the pictures at these positions that are not held out, if FeatureRequest::to_move.
  std::vector<BoxTrainingImage> to_move;
};

// Extracts the features of the pictures at these positions that the cache lacks, and adds them to
// it. Several processes may do so at once, each for pictures of its own. It first says how many
// bytes it will take. A picture that cannot be read is reported and skipped; returns the number of
// those. When asked to stop, finished pictures are kept. Throws Error when there is not enough
// space.
std::size_t FillTrainingFeatures(const Dataset& dataset,
                                 const std::vector<std::size_t>& pictures,
                                 const TrainingFeatures& how,
                                 const Monitor& monitor);

// Like FillTrainingFeatures, for all pictures and several networks; networks with common rows share
// their work (GroupIntoFamilies). They may differ in network, crop, box regression and cache; all
// else must be equal, the proposals too.
void FillTrainingFeaturesForAll(const Dataset& dataset,
                                const std::vector<TrainingFeatures>& all,
                                const Monitor& monitor);

// Regions and features of the data set's pictures that the cache holds. A damaged entry is
// extracted again. When asked to stop, the result is incomplete.
ExtractedImages LoadTrainingFeatures(const Dataset& dataset,
                                     const TrainingFeatures& how,
                                     const Monitor& monitor);

// FillTrainingFeatures of all pictures, then LoadTrainingFeatures.
ExtractedImages ExtractTrainingFeatures(const Dataset& dataset,
                                        const TrainingFeatures& how,
                                        const Monitor& monitor);

}  // namespace deeper
