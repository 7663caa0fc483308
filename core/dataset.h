#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/box.h"
#include "core/class_table.h"

namespace deeper {

// A true object in a picture.
struct Annotation {
  Box box;
  ClassId class_id{};
  bool difficult = false;  // VOC: counts neither as found nor as missed
  bool truncated = false;  // VOC: continues outside the picture
  // COCO: the box holds a group of objects. Neither it nor the detections in it count.
  bool crowd = false;
  // COCO: area of the object itself in square pixels; nothing: the area of its box is used.
  std::optional<double> area_px = std::nullopt;

  bool operator==(const Annotation&) const = default;
};

// A picture of a data set with its true objects.
struct AnnotatedImage {
  std::string id;                    // "000043"
  std::filesystem::path image_path;  // empty where the data set has only annotations
  int width = 0;                     // pixels as annotated; 0 where not annotated
  int height = 0;
  std::vector<Annotation> annotations = {};

  bool operator==(const AnnotatedImage&) const = default;
};

// Class names and annotated pictures; paths, not pixels.
struct Dataset {
  std::string name;  // for people: "voc2007 test"
  ClassTable classes;
  std::vector<AnnotatedImage> images;
  // ILSVRC DET: pairs (position in `images`, class) that count neither way.
  std::set<std::pair<std::size_t, ClassId>> blacklist;

  bool operator==(const Dataset&) const = default;
};

}  // namespace deeper
