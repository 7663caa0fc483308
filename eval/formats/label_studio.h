#pragma once

#include <filesystem>

#include "eval/formats/reading/labels.h"

namespace deeper {

// Label Studio's JSON of image tasks with rectangle labels. Boxes are x, y, width and height in
// percent of the picture's sides, y down:
//   x0 = x / 100 * original_width.

enum class LabelKind {
  kObjects,     // "annotations": true objects
  kDetections,  // "predictions", which have scores
};

// A task's id is its data.image: for a local file the path behind "?d=", else the last part of an
// absolute path or URL; without picture suffix. Cancelled annotations are skipped; of several, the
// first counts. Rotated boxes, other shapes and boxes without a size or label are left out with a
// warning.
ReadLabels ReadLabelStudio(const std::filesystem::path& path, LabelKind kind);

// Labels with scores become predictions, others annotations. "difficult", "truncated" and "crowd"
// are written into a region's meta.text, where Label Studio keeps people's remarks. Reading returns
// the same boxes to a float's precision. Throws Error for a picture without a size.
void WriteLabelStudio(const LabelledSet& labels, const std::filesystem::path& path);

}  // namespace deeper
