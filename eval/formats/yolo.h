#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/class_table.h"
#include "eval/formats/reading/labels.h"

namespace deeper {

// YOLO: a directory of label files, one <id>.txt per picture, with lines
//   "<class from 0> <centre x> <centre y> <width> <height> [<score>]",
// all as parts of the picture's width and height, y down. Boxes are half-open:
//   x0 = (centre x - width / 2) * picture's width.
// A line of at least three corners, "<class> <x> <y> <x> <y> ... [<score>]", is a polygon; its box
// is the polygon's extent. The names of the classes stand in another file.

// Where the parts of a YOLO data set lie.
struct YoloFolder {
  std::string set;                              // "train"; "" where there is one set alone
  std::filesystem::path labels;                 // directory of label files
  std::optional<std::filesystem::path> images;  // directory of pictures; may be that of the labels
};
struct YoloLayout {
  std::vector<YoloFolder> folders;
  std::optional<ClassTable> classes;
  std::filesystem::path class_file;  // where their names stand
  bool has_keypoints = false;        // lines go on behind the box
};

// Finds out how the directory, or the data.yaml, is laid out:
// - data.yaml (or another .yaml with "names") beside or in a parent of it, with "names" as a list
// or
//   map, and "train", "val" and "test" as directories of pictures;
// - folders train, val, valid, validation and test with "labels" and "images" in them, or "labels"
//   and "images" with such folders in them;
// - "labels" beside "images", or label files and pictures in one directory.
// Names are looked for in classes.txt, obj.names, another .names, _darknet.labels and data.yaml, in
// the directory and two above it. Throws Error when there is no label file, a class file is
// malformed, or the path is missing.
YoloLayout FindYoloLayout(const std::filesystem::path& path,
                          const std::optional<std::filesystem::path>& images = std::nullopt);

struct YoloOptions {
  std::optional<std::filesystem::path> images = std::nullopt;  // directory of pictures
  // Of a data set with several sets: which, joined with '+'. "" is the first of train, val, test.
  std::string set = {};
  // What class numbers mean where no file lists names; nullptr: an Error then.
  const ClassTable* known_classes = nullptr;
  // Sizes of pictures that are not found; none without it.
  SizeOfImage size_of = {};
};

// Reads the label files of the set, and the pictures beside them that have none, which are pictures
// without objects. Sorted by id, the path below the directory of pictures without ending; of
// several sets the set's name is before it. Sizes are those of the pictures, upright.
//
// Left out with a warning are lines that are no box, label files whose picture's size is not known,
// and pictures that cannot be read. Throws Error as FindYoloLayout does, for a set that is not
// there, and when nothing says the names of the classes.
ReadLabels ReadYolo(const std::filesystem::path& path, const YoloOptions& options = {});

// Writes one file per picture, empty if it has no boxes, and classes.txt. Reading returns the same
// boxes to a float's precision of the picture's side. "difficult" and the like are lost. Throws
// Error for a picture without a size, an id that leaves the directory, and a class name with a line
// break or blanks around it.
void WriteYolo(const LabelledSet& labels, const std::filesystem::path& directory);

}  // namespace deeper
