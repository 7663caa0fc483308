#pragma once

#include <filesystem>

#include "eval/formats/reading/labels.h"

namespace deeper {

// True objects as JSON lines, the counterpart of results (eval/formats/lines/detection_lines.h). A
// line is
//   {"image": id, "file": name, "width": w, "height": h,
//    "annotations": [{"class": name, "box": [x0, y0, x1, y1]}]}
// Boxes are half-open pixels: x1 - x0 is the width. "difficult", "truncated" and "crowd" are there
// when true, "area" when known.

// "image" may be a file name with its ending: see IdsOfFileNames. Lines that are no such object,
// and objects that are no good box, are left out with a warning. Throws Error when the file is
// missing.
ReadLabels ReadAnnotationLines(const std::filesystem::path& path);
// Reading returns equal labels. Scores are not written.
void WriteAnnotationLines(const LabelledSet& labels, const std::filesystem::path& path);

}  // namespace deeper
