#pragma once

#include <cstddef>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "core/pictures/picture_files.h"

namespace deeper::tools {

// Pictures that were detected in, without true objects.
struct DetectedPictures {
  Dataset dataset;          // the classes are the detections'
  DetectionSet detections;  // one entry a picture, in its order
  std::size_t failed = 0;   // pictures that were left out since they have another size
};

// Brings pictures and detections together: a result is a picture's when its id is the end of the
// picture's path, so that some of the pictures can be named, or all by another directory. Says on
// stderr of how many pictures there is no result, and how many results are of none of the pictures,
// and leaves both out; so also those whose file has another size than their detections state.
// Throws Error where no picture has a result.
DetectedPictures MatchPictures(const std::vector<Picture>& pictures,
                               const DetectionSet& detections);

// The least score that is shown where nobody says: 0.5 of probabilities, 0 where some score is
// none.
float UsualLeastScore(const DetectionSet& detections);

}  // namespace deeper::tools
