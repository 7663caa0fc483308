#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/formats/reading/labels.h"
#include "eval/formats/reading/read_dataset.h"

namespace deeper {

// COCO JSON: one object with "images", "categories" and "annotations". Boxes are [x, y, width,
// height] in pixels from 0, without any "+ 1": x0 = x, x1 = x + width. True objects have "area" and
// "iscrowd", detections "score". The list of annotations alone is COCO's results file.

// The numbers by which a COCO file names pictures and classes, in the order of a data set's.
struct CocoIds {
  std::vector<std::int64_t> images;
  std::vector<std::int64_t> categories;
};

struct CocoDataset {
  ReadDataset read;
  CocoIds ids;
};

// Pictures and classes by ascending number, which is the order in which the official code ranks
// equal scores. A picture's id is its file_name without suffix; the whole of it where two would be
// the same. Boxes are not clipped; "segmentation" is passed over. Objects of unknown pictures or
// classes, or whose box is inverted, empty, outside the picture or not made of numbers are left out
// with a warning. Pictures are looked for below `images`; without it image_path is empty. Throws
// Error when the file is missing or no such JSON.
CocoDataset ReadCocoDataset(const std::filesystem::path& path,
                            const std::optional<std::filesystem::path>& images = std::nullopt);

// Labels with or without scores. A results list needs `dataset` and `ids`, which its numbers count
// by; a whole object brings its own. Repeated picture or category numbers are an Error.
ReadLabels ReadCocoLabels(const std::filesystem::path& path,
                          const Dataset* dataset = nullptr,
                          const CocoIds* ids = nullptr);

// Writes labels such that reading gives the same boxes and scores; ids count from 1 in the order of
// pictures and classes. file_name is the picture's, else its id, with U+FFFD for bytes that are not
// UTF-8. "difficult" and "truncated" are written where they are true.
void WriteCocoLabels(const LabelledSet& labels, const std::filesystem::path& path);
void WriteCoco(const DetectionSet& detections, const std::filesystem::path& path);

}  // namespace deeper
