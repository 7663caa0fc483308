#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/formats/reading/read_dataset.h"

namespace deeper {

// What the files of most formats hold: boxes with classes. Those with a score are detections; those
// without are true objects.
struct Label {
  Box box;
  ClassId class_id{};
  std::optional<float> score = std::nullopt;
  bool difficult = false;
  bool truncated = false;
  bool crowd = false;
  std::optional<double> area_px = std::nullopt;

  bool operator==(const Label&) const = default;
};

struct LabelledImage {
  std::string id;
  std::string file_name;            // "" where the source has ids alone
  std::filesystem::path path = {};  // of the picture, where the reader has found it
  int width = 0;                    // pixels, 0 where the source does not say
  int height = 0;
  std::vector<Label> labels;

  bool operator==(const LabelledImage&) const = default;
};

struct LabelledSet {
  ClassTable classes;
  std::vector<LabelledImage> images;

  bool operator==(const LabelledSet&) const = default;
};

// Conversions to and from the types of the rest of the program. DetectionsOf throws Error for a
// label without a score, naming its picture; DatasetOf for one with a score. Pictures are looked
// for by their file_name, else their id, below image_directory (core/pictures/picture_finder.h);
// one that is not there keeps the path where it was expected. Without a directory image_path is
// what the reader has found, else empty.
DetectionSet DetectionsOf(const LabelledSet& labels);
Dataset DatasetOf(const LabelledSet& labels,
                  const std::string& name,
                  const std::optional<std::filesystem::path>& image_directory = std::nullopt);
LabelledSet LabelsOf(const DetectionSet& detections);
// A picture's file_name is its id with the ending of its file.
LabelledSet LabelsOf(const Dataset& dataset);

// A picture's width and height in pixels, by its id or file name; nothing when unknown.
using SizeOfImage = std::function<std::optional<std::pair<int, int>>(const std::string& id)>;

// The labels of a file that could be read, with warnings of the others.
struct ReadLabels {
  LabelledSet labels;
  std::vector<Warning> warnings;
  std::size_t outlines = 0;  // as in ReadDataset
};

// The ids of pictures from their file names as FileNameOf gives them, in the same order. An id is
// the name without its picture ending (core/pictures/picture_kinds.h), with it where two would
// share one. Of an absolute name it is the last part, with as many folders as tell it from others.
// The same name twice gives the same id twice.
std::vector<std::string> IdsOfFileNames(const std::vector<std::string>& file_names);

// Throws Error unless `id` is a relative path that stays below the directory it is joined to.
void RequireInnerPath(const std::string& id);

// Gathers labels from a file in any order, and leaves out what is no box. The readers of all
// formats use it, so that the same fault has the same reason everywhere.
class LabelCollector {
 public:
  // With `classes`, those are the classes and other names are left out. Without, the classes are
  // collected, and sorted by name at the end.
  explicit LabelCollector(std::optional<ClassTable> classes = std::nullopt);

  // The picture with this id; added if it is new.
  LabelledImage& ImageOf(const std::string& id);
  // Adds the label to the picture with this id, or a warning at `where` that says why not. Refused
  // are a missing class name, one that is not UTF-8 or unknown, and a box or score that is not
  // finite. For true objects, a box that is inverted, empty or outside the picture is refused too.
  // Blanks around a class's name do not count.
  void Add(const std::string& id, std::string_view class_name, Label label, std::string where);
  void Warn(std::string where, std::string reason, WarningKind kind = WarningKind::kOther);
  std::vector<Warning>& warnings() { return read_.warnings; }
  std::size_t& outlines() { return read_.outlines; }

  // Takes the ids that were given so far for file names: see IdsOfFileNames. The names are kept as
  // file_name where that is empty.
  void TakeIdsForFileNames();
  ReadLabels Finish() &&;

 private:
  std::optional<ClassId> ClassOf(std::string_view name);

  bool classes_are_given_;
  ReadLabels read_;
  std::unordered_map<std::string, std::size_t> image_by_id_;
  std::unordered_map<std::string, ClassId> class_by_name_;
};

}  // namespace deeper
