#pragma once

#include <filesystem>
#include <optional>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/voc.h"

namespace deeper {

// The class list of ILSVRC DET: lines "<WordNet id> <number from 1> <name>"; the name may hold spaces. Throws Error on a
// number out of order or a repeated id.
ClassTable ReadIlsvrcClasses(const std::filesystem::path& path);

// What an ILSVRC DET ground truth consists of, each in the devkit's own format.
struct IlsvrcFiles {
  std::filesystem::path image_list;   // lines "<image name> <index from 1>"
  std::filesystem::path annotations;  // directory of <image name>.xml with WordNet ids as names
  std::filesystem::path class_list;   // see ReadIlsvrcClasses
  std::optional<std::filesystem::path> blacklist;  // lines "<image index> <WordNet id>"
};

// Objects of WordNet ids outside the class list are left out with a warning, as in the devkit.
ReadDataset ReadIlsvrcDataset(const IlsvrcFiles& files);

// Submission format: "<image index from 1> <class from 1> <score> <xmin> <ymin> <xmax> <ymax>", 1-based inclusive pixels. The
// index counts dataset.images. Throws Error with the line's number for an unknown picture, an unknown class or a malformed line.
DetectionSet ReadIlsvrcSubmission(const std::filesystem::path& path, const Dataset& dataset);

// image_ids: the ids in the order of the image list, from index 1. Throws Error when a picture of `detections` is not among them.
void WriteIlsvrcSubmission(const DetectionSet& detections,
                           const std::vector<std::string>& image_ids,
                           const std::filesystem::path& path);

}  // namespace deeper
