#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "eval/formats/reading/labels.h"

namespace deeper {

// YOLO: a directory with classes.txt, one name per line, and one <id>.txt per picture, with lines
//   "<class from 0> <centre x> <centre y> <width> <height> [<score>]",
// all as parts of the picture's width and height, y down. Boxes are half-open:
//   x0 = (centre x - width / 2) * picture's width.

// A picture's width and height in pixels; nothing when unknown.
using SizeOfImage = std::function<std::optional<std::pair<int, int>>(const std::string& id)>;

// Reads every .txt below the directory, sorted by id. Lines that are no box, and pictures whose
// size is unknown, are left out with a warning. Throws Error when the directory or its classes.txt
// is missing.
ReadLabels ReadYolo(const std::filesystem::path& directory, const SizeOfImage& size_of);

// Writes one file per picture, empty if it has no boxes. Reading returns the same boxes to a
// float's precision of the picture's side. "difficult" and the like are lost. Throws Error for a
// picture without a size, an id that leaves the directory, and a class name with a line break.
void WriteYolo(const LabelledSet& labels, const std::filesystem::path& directory);

}  // namespace deeper
