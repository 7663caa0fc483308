#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/class_table.h"
#include "core/dataset.h"
#include "core/detection.h"
#include "eval/formats/reading/read_dataset.h"

namespace deeper {

// The class list of ILSVRC DET: lines
//   "<WordNet id> <number from 1> <name>",
// where the name may hold spaces. Throws Error on a number out of order, a repeated id or a missing
// name.
ClassTable ReadIlsvrcClasses(const std::filesystem::path& path);

// The files of an ILSVRC DET ground truth, each in the devkit's own format.
struct IlsvrcFiles {
  std::filesystem::path image_list;   // lines "<image name> <index from 1>"
  std::filesystem::path annotations;  // directory of <image name>.xml with WordNet ids as names
  std::filesystem::path class_list;   // see ReadIlsvrcClasses
  std::optional<std::filesystem::path> blacklist;              // lines "<image index> <WordNet id>"
  std::optional<std::filesystem::path> images = std::nullopt;  // directory of <image name>.JPEG
};

// Reads a data set, with pictures in the order of the list. Objects of WordNet ids outside the
// class list are left out with a warning, as in the devkit. image_path is empty without
// files.images.
//
// Boxes are read as the devkit reads them and not clipped. The official files count from 0 though
// the devkit counts from 1, so x0 and y0 may be -1.
//
// Throws Error with file and line for a missing file, an index out of order, a picture listed
// twice, and a blacklist line of an unknown picture or class.
ReadDataset ReadIlsvrcDataset(const IlsvrcFiles& files);

// Throws Error for an id that an image list cannot hold, which has fields between blanks.
void RequireIlsvrcListHolds(const std::vector<std::string>& ids);

// Submission format: lines
//   "<image index from 1> <class from 1> <score> <xmin> <ymin> <xmax> <ymax>",
// in 1-based inclusive pixels. The index refers to dataset.images, the class to dataset.classes.
// Returns every picture of the data set, in its order, with its detections in the order of the
// file. Throws Error with the line's number for an unknown picture, an unknown class or a malformed
// line.
DetectionSet ReadIlsvrcSubmission(const std::filesystem::path& path, const Dataset& dataset);

// Writes lines in the order of `image_ids`, which are the ids of the image list, from index 1.
// Classes are numbered as in detections.classes. Reading returns the same boxes and scores. Throws
// Error when a picture of `detections` is not in image_ids.
void WriteIlsvrcSubmission(const DetectionSet& detections,
                           const std::vector<std::string>& image_ids,
                           const std::filesystem::path& path);

}  // namespace deeper
