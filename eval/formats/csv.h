#pragma once

#include <filesystem>

#include "eval/formats/reading/labels.h"

namespace deeper {

// CSV (RFC 4180) with one line per box under a heading of column names:
//   image, width, height, class, score, x0, y0, x1, y1, difficult, truncated, crowd, area.
// Boxes are half-open pixels: x1 and y1 are the first beyond it, x1 - x0 is the width. A line with
// only an image stands for a picture without boxes.

// Columns may be in any order and letter case. image, class, x0, y0, x1 and y1 are needed; unknown
// ones are skipped. Other programs' names of them are known: filename, file or image_id; label or
// name; xmin, ymin, xmax, ymax or x1 beside x2. Fields may stand between ";" or tabs instead of
// commas, as the heading has them. An image may be a file name with its ending: see IdsOfFileNames.
//
// Lines whose box or score is no number, or is no good box, are left out with a warning. Throws
// Error when the file is missing, has no such heading, or a quote is not closed.
ReadLabels ReadCsv(const std::filesystem::path& path);

// Reading returns equal labels. Throws Error for an image id or class that is not UTF-8.
void WriteCsv(const LabelledSet& labels, const std::filesystem::path& path);

}  // namespace deeper
