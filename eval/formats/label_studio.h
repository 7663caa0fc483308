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

// A task's picture is its data.image, or where there is none the only text of its data that names a
// picture. URLs are decoded: of a local file the path behind "?d=" counts, else the URL without its
// query; ids are as IdsOfFileNames makes them. Cancelled annotations are skipped; of several, the
// first counts. "completions" of old versions are annotations.
//
// A region is a result with a box and a class: of <RectangleLabels>, or of <Rectangle> with
// <Labels>, <Choices> or the like, whose results share an id. The reduced export (JSON-MIN), whose
// regions stand in lists beside the picture, is read too. A region without the picture's size takes
// it from size_of. Rotated boxes, other shapes and boxes without a size or label are left out with
// a warning.
ReadLabels ReadLabelStudio(const std::filesystem::path& path,
                           LabelKind kind,
                           const SizeOfImage& size_of = {});

// Labels with scores become predictions, others annotations. "difficult", "truncated" and "crowd"
// are written into a region's meta.text, where Label Studio keeps people's remarks. Reading returns
// the same boxes to a float's precision. Throws Error for a picture without a size.
void WriteLabelStudio(const LabelledSet& labels, const std::filesystem::path& path);

}  // namespace deeper
