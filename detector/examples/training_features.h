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
  // Parallel to positions where FeatureRequest::features, else empty; features unscaled.
  std::vector<TrainingImage> images;
  // Parallel to positions where FeatureRequest::mirrored_truth, else empty: the objects alone, in
  // the mirror image.
  std::vector<TrainingImage> mirrored;
  // Of the pictures at these positions that are not held out, where FeatureRequest::to_move.
  std::vector<BoxTrainingImage> to_move;
};

// Puts into the cache what it does not hold of the pictures at these positions; several processes
// may do so at once for pictures of their own. Says first how many bytes it will take, then
// extracts; a picture that cannot be read is said and passed over. Returns how many those were.
// When asked to stop, what is done is kept. Throws Error when there is not enough space.
std::size_t FillTrainingFeatures(const Dataset& dataset,
                                 const std::vector<std::size_t>& pictures,
                                 const TrainingFeatures& how,
                                 const Monitor& monitor);

// Like FillTrainingFeatures, for all pictures and several networks; networks with common rows share
// their work (GroupIntoFamilies). They may differ in network, crop, box regression and cache, and
// have the rest in common, the proposals too.
void FillTrainingFeaturesForAll(const Dataset& dataset,
                                const std::vector<TrainingFeatures>& all,
                                const Monitor& monitor);

// Regions and features of those of the data set's pictures that the cache holds. An entry that is
// damaged is extracted again. When asked to stop, the result is incomplete.
ExtractedImages LoadTrainingFeatures(const Dataset& dataset,
                                     const TrainingFeatures& how,
                                     const Monitor& monitor);

// FillTrainingFeatures of all pictures, then LoadTrainingFeatures.
ExtractedImages ExtractTrainingFeatures(const Dataset& dataset,
                                        const TrainingFeatures& how,
                                        const Monitor& monitor);

}  // namespace deeper
