#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "eval/formats/reading/labels.h"

namespace deeper::tools {

// The objects of a picture, as the page sends them: one image. Throws Error that names the picture
// and says what is wrong: no such JSON, a class or a box that no annotation can hold.
LabelledSet ParseAnnotations(const std::string& id, const std::string& text);

// The annotations that people made in the page: a data set in VOC's layout, which 'deeper train'
// takes as it is. Files are written whole or not at all. For one thread.
//
// A picture's annotations are, as JSON,
//   {"width": w, "height": h, "objects": [{"class": name, "box": [x0, y0, x1, y1]}]}
// with "difficult" and "truncated" where they are true. Boxes are half-open pixels of the upright
// picture.
class AnnotationStore {
 public:
  // Nothing is made before the first Save. What a killed server left half written is removed.
  explicit AnnotationStore(std::filesystem::path directory);

  // What is kept of the picture: the JSON above with "picture_bytes", the size of the picture's
  // file, 0 where there is none. Nothing where there is no annotation. Throws Error for an id that
  // is not one, and for an annotation that cannot be read.
  std::optional<std::string> Load(const std::string& id) const;

  // What is kept of all pictures, by their ids. Throws Error for an annotation that cannot be read.
  LabelledSet All() const;

  // Writes Annotations/<id>.xml, and before it JPEGImages/<id> with an ending where the picture's
  // bytes are given and are not there yet. file_name: the picture's, for its ending. What Load
  // returns then has the same objects. Throws Error that says what is wrong with the JSON or the
  // id, or that another picture has this id; WriteError where the disk fails.
  void Save(const std::string& id,
            const std::string& json,
            std::string_view picture,
            const std::string& file_name) const;

 private:
  std::optional<std::filesystem::path> PictureOf(const std::string& id) const;
  void Write(const std::string& id,
             LabelledSet& labels,
             std::string_view picture,
             const std::string& file_name) const;

  std::filesystem::path directory_;
};

}  // namespace deeper::tools
