#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/formats/reading/labels.h"
#include "eval/formats/reading/read_dataset.h"

namespace deeper {

// COCO JSON: one object with "images", "categories" and "annotations". Boxes are
//   [x, y, width, height]
// in pixels from 0, without any "+ 1": x0 = x, x1 = x + width. True objects have "area" and
// "iscrowd", detections "score". COCO's results file is the list of annotations alone.

// The ids by which a COCO file names pictures and classes, in the order of the data set's pictures
// and classes. Mostly numbers, as digits; some programs write words.
struct CocoIds {
  std::vector<std::string> images;
  std::vector<std::string> categories;
};

struct CocoDataset {
  ReadDataset read;
  CocoIds ids;
};

// Reads a data set. Pictures and classes are by ascending number, then by words: the official code
// ranks equal scores in this order. A picture's id is its file_name as IdsOfFileNames gives it;
// where several pictures have one file_name, "~" and its number follow. Boxes are not clipped;
// "segmentation" is skipped. Pictures are looked for below `images`; without it where
// GuessImageDirectory finds them, else image_path is empty.
//
// Two categories of one name are one class, with a warning that loses nothing; a category of the
// name of another to which no object refers is passed over. Objects of unknown pictures or classes
// are left out with a warning, and so are those whose box is inverted, empty, outside the picture
// or not made of numbers. Throws Error when the file is missing or no such JSON.
CocoDataset ReadCocoDataset(const std::filesystem::path& path,
                            const std::optional<std::filesystem::path>& images = std::nullopt);

// Labels with or without scores. A results list needs `dataset` and `ids`, which its numbers refer
// to; a whole object brings its own. In a results list a picture may also be named by its id in the
// data set or its file name, a class by its name. Throws Error for repeated picture or category
// numbers.
ReadLabels ReadCocoLabels(const std::filesystem::path& path,
                          const Dataset* dataset = nullptr,
                          const CocoIds* ids = nullptr);

// Writes labels such that reading returns the same boxes and scores. Ids count from 1 in the order
// of pictures and classes. file_name is the picture's, else its id, with U+FFFD for bytes that are
// not UTF-8. "difficult" and "truncated" are written when true.
void WriteCocoLabels(const LabelledSet& labels, const std::filesystem::path& path);
void WriteCoco(const DetectionSet& detections, const std::filesystem::path& path);

}  // namespace deeper
