#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/box.h"
#include "core/class_index.h"
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
  std::optional<std::filesystem::path> images =
      std::nullopt;  // directory of pictures, if elsewhere
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
  std::string file_name;  // as <filename> says
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
                                      const ClassIndex& classes,
                                      bool allow_unknown_classes,
                                      std::vector<Warning>& warnings);

// The parts of a VOC data set on the disk, wherever they lie.
struct VocFolders {
  std::filesystem::path annotations;            // directory of .xml files
  std::optional<std::filesystem::path> images;  // directory of pictures
  std::optional<std::filesystem::path> lists;   // directory of <set>.txt
  std::vector<std::string> sets;  // names of the lists, without those of single classes; sorted
};

// Finds out how `root` is laid out:
//   root/Annotations with root/JPEGImages (or images) and root/ImageSets/Main (or ImageSets), as
//   the devkit has it; root/<set>, else root itself, with .xml files beside their pictures or in a
//   folder of its own, as labelImg and Roboflow write them.
// `set` is the set wanted, "" where none is named. Throws Error when there is no annotation.
VocFolders FindVocFolders(const std::filesystem::path& root, const std::string& set);

// Reads a directory in a layout of FindVocFolders. With lists, the pictures are those of the lists
// of `set`, in their order; several are joined with '+': "train+train_extra". Without, they are all
// that are annotated and all pictures beside them, sorted.
//
// A line of a list is a picture's name, of any number of words, in quotes or not, with or without
// folders and ending; "-1", "0" or "1" may follow, as in the devkit's lists of a class. What is
// meant is what is there.
//
// A picture without an annotation is one without objects. One whose file is missing keeps its
// annotations and has no image_path, with a warning unless no picture is there at all. A picture
// with neither, or whose annotation is not well-formed, is left out with a warning. Throws Error
// for a missing directory or list, when no picture of the lists is there, for a picture that is
// listed twice, and for a `set` that is not named where there are several.
ReadDataset ReadVocDataset(const std::filesystem::path& root,
                           const std::string& set,
                           const VocOptions& options = {});

}  // namespace deeper
