#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eval/formats/reading/labels.h"

namespace deeper {

// What kind of data set a file or directory is, found out by what is there.
struct DataLayout {
  std::string kind;                             // as --data has it: "voc", "yolo", "coco", ...
  std::filesystem::path path;                   // what the reader of that kind is given
  std::optional<std::filesystem::path> images;  // directory of pictures; nothing: the reader knows
  std::string what;                             // for people: "YOLO with data.yaml"
};

// Guesses. Known are VOC with or without lists, also pictures with .xml beside them; YOLO with
// data.yaml, classes.txt or names in other files; COCO, also as one file in each folder of a set;
// CVAT; Label Studio; CSV; JSON lines. set: which of several files is meant, "train" in
// "instances_train2017.json" or "train/_annotations.coco.json"; "" where none is named, then
// "train", "val" or "test" in this order.
//
// Throws Error that says what was found for a path that is none of these or may be several.
DataLayout GuessDataLayout(const std::filesystem::path& path, const std::string& set);

// The names of the sets of a data set of this kind at this path, of which one can be asked for:
// VOC's lists, sorted, or folders, YOLO's folders, files of a directory in the order train, val,
// test. Empty where there is one set alone. Throws Error as the kind's reader does.
std::vector<std::string> SetsOf(const std::string& kind, const std::filesystem::path& path);

// The directory in which the first of the pictures that a file names by their file_name are: its
// own, "images" in it or beside it, or a folder named like the file's set beside it. Nothing where
// they are in none, or the reader has found them already.
std::optional<std::filesystem::path> GuessImageDirectory(const std::filesystem::path& file,
                                                         const LabelledSet& labels);

}  // namespace deeper
