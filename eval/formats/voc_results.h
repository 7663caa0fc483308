#pragma once

#include <filesystem>
#include <string>

#include "core/class_table.h"
#include "core/detection.h"

namespace deeper {

// The devkit's results directory: comp3_det_<set>_<class>.txt with lines
//   "<id> <score> <xmin> <ymin> <xmax> <ymax>",
// 1-based inclusive.
//
// Reading takes one file for each of `classes`. It returns pictures sorted by id, and a picture's
// detections by class, then in the order of the file. It throws Error for a missing file or, with
// its number, a malformed line.
//
// Writing makes one file per class, also for classes without a detection. Reading them returns the
// same boxes and scores. It throws Error for an id or class name that the format cannot hold
// (spaces in an id, '/' in a class name).
DetectionSet ReadVocResults(const std::filesystem::path& directory,
                            const std::string& set,
                            const ClassTable& classes);
void WriteVocResults(const DetectionSet& detections,
                     const std::filesystem::path& directory,
                     const std::string& set);

}  // namespace deeper
