#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/class_table.h"
#include "core/dataset.h"
#include "core/detection.h"

namespace deeper {

// The devkit's results directory: comp3_det_<set>_<class>.txt with lines
//   "<id> <score> <xmin> <ymin> <xmax> <ymax>",
// 1-based inclusive.
//
// Reading takes one file for each of `classes`, in the directory or a folder in it. Names of other
// programs are known: any competition ("comp4_det_..."), with anything behind it (py-faster-rcnn's
// "comp4_<id>_det_..."), "det_<set>_<class>.txt" and "<class>.txt". Where no file has the name of
// the set, those of another set are taken if they are the only ones. It returns pictures sorted by
// id, and a picture's detections by class, then in the order of the file. Where `dataset` is given,
// an id may be the name of several words of one of its pictures.
//
// It throws Error for a missing file, for files of several results, or, with its number, a
// malformed line.
//
// Writing makes one file per class, also for classes without a detection. Reading them returns the
// same boxes and scores. It throws Error for an id or class name that the format cannot hold
// (spaces in an id, '/' in a class name).
DetectionSet ReadVocResults(const std::filesystem::path& directory,
                            const std::string& set,
                            const ClassTable& classes,
                            const Dataset* dataset = nullptr);
void WriteVocResults(const DetectionSet& detections,
                     const std::filesystem::path& directory,
                     const std::string& set);

// The files that writing makes, one a class in their order. Throws Error as it does.
std::vector<std::filesystem::path> VocResultFiles(const std::filesystem::path& directory,
                                                  const std::string& set,
                                                  const ClassTable& classes);

// Throws the Error that writing would for these ids and classes.
void RequireVocResultsHold(const std::vector<std::string>& ids,
                           const ClassTable& classes,
                           const std::string& set);

}  // namespace deeper
