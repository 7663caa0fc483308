#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/box.h"
#include "core/class_table.h"
#include "core/dataset.h"
#include "core/error.h"
#include "eval/formats/reading/read_dataset.h"

namespace deeper {

// The 20 classes of PASCAL VOC, in the devkit's (alphabetical) order.
const ClassTable& VocClasses();

struct VocOptions {
  // Classes to keep, in this order; without it, the names found in the annotations, sorted.
  std::optional<ClassTable> classes;
  // Objects of other classes than `classes`: left out with a warning when true, an Error when
  // false.
  bool allow_unknown_classes = false;
};

// A file is there but holds no annotation.
class MalformedAnnotation : public Error {
 public:
  using Error::Error;
};

struct VocObject {
  std::string name;  // beside the box, because a class table may not exist yet
  Box box;
  bool difficult = false;
  bool truncated = false;
};
struct VocFile {
  int width = 0;  // pixels, 0 where the file does not say
  int height = 0;
  std::vector<VocObject> objects;
  std::vector<Warning> warnings;
};
enum class Clipping { kToImage, kNone };

// Reads one PASCAL VOC annotation file. Boxes become half-open (x0 = xmin - 1, x1 = xmax);
// fractions are kept. They are clipped to the annotated size, if there is one. Entities that the
// file itself defines are not expanded.
//
// Objects without a name or with one that is not UTF-8 are left out with a warning, and so are
// those whose box is inverted, empty, outside the picture or not made of numbers. Throws Error when
// the file is missing, and MalformedAnnotation when it is not well-formed XML or has no
// <annotation>.
VocFile ReadVocAnnotation(const std::filesystem::path& path,
                          Clipping clipping = Clipping::kToImage);

// The objects of `file`, which was read from `path`, as annotations of `classes`, found by name or
// WordNet id. Objects of other classes are left out and appended to `warnings` when
// allow_unknown_classes is true; they are an Error when false.
std::vector<Annotation> AnnotationsOf(const VocFile& file,
                                      const std::filesystem::path& path,
                                      const ClassTable& classes,
                                      bool allow_unknown_classes,
                                      std::vector<Warning>& warnings);

// Reads a directory in VOC layout:
//   ImageSets/Main/<set>.txt (first field of each line),
//   Annotations/<id>.xml,
//   JPEGImages/<id>.jpg (or .jpeg, .png, .bmp).
// `set` may join several with '+': "train+train_extra". Pictures are in the order of the lists.
//
// A picture whose file is missing keeps its annotations and has no image_path, with a warning
// unless there is no JPEGImages at all. A picture whose annotation is not well-formed is left out
// with a warning. Throws Error for a missing directory, list or annotation, and for a picture that
// is listed twice.
ReadDataset ReadVocDataset(const std::filesystem::path& root,
                           const std::string& set,
                           const VocOptions& options = {});

}  // namespace deeper
