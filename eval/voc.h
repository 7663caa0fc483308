#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"

namespace deeper {

// The 20 classes of PASCAL VOC, in the devkit's (alphabetical) order.
const ClassTable& VocClasses();

// What a reader found wrong in files and passed over, for the report: file, reason.
struct Warning {
  std::string where;
  std::string reason;
};

struct VocOptions {
  // Classes to keep, in this order; without it, the names found in the annotations, sorted.
  std::optional<ClassTable> classes;
  // Objects of other classes than `classes`: dropped with a warning when true, an Error when false.
  bool allow_unknown_classes = false;
};

struct ReadDataset {
  Dataset dataset;
  std::vector<Warning> warnings;  // one an object or file that was left out
};

// One PASCAL VOC annotation file. Boxes become half-open (x0 = xmin - 1, x1 = xmax). Inverted, empty and
// non-numeric boxes are left out with a warning; boxes are clipped to the annotated size. Names are returned beside
// because a class table may not exist yet.
struct VocObject {
  std::string name;
  Box box;
  bool difficult = false;
  bool truncated = false;
};
struct VocFile {
  int width = 0;
  int height = 0;
  std::vector<VocObject> objects;
  std::vector<Warning> warnings;
};
VocFile ReadVocAnnotation(const std::filesystem::path& path);

// A directory in VOC layout: ImageSets/Main/<set>.txt, Annotations/<id>.xml, JPEGImages/<id>.jpg (or .jpeg, .png, .bmp). `set`
// may join several with '+': "train+train_extra". Pictures in the order of the lists. Throws Error for a missing directory,
// list or annotation.
ReadDataset ReadVocDataset(const std::filesystem::path& root,
                           const std::string& set,
                           const VocOptions& options = {});

// The devkit's results directory: comp3_det_<set>_<class>.txt with lines "<id> <score> <xmin> <ymin> <xmax> <ymax>", 1-based
// inclusive. Reading matches class names by file name against `classes` and throws Error for a line that is malformed, with its
// number. Writing makes one file a class, also for classes without a detection.
DetectionSet ReadVocResults(const std::filesystem::path& directory,
                            const std::string& set,
                            const ClassTable& classes);
void WriteVocResults(const DetectionSet& detections,
                     const std::filesystem::path& directory,
                     const std::string& set);

}  // namespace deeper
