#pragma once

#include <string>
#include <vector>

#include "core/box.h"
#include "core/class_table.h"

namespace deeper {

// A scored box of one class. A larger score is more certain; SVM margins are unbounded.
struct Detection {
  Box box;
  ClassId class_id{};
  float score = 0;

  bool operator==(const Detection&) const = default;
};

// The detections of one picture. `id` names it in result files: the relative path without extension
// for a directory of pictures, the image name for a data set ("000043", "ILSVRC2012_val_00000001").
struct ImageDetections {
  std::string id;
  int width = 0;   // pixels, 0 where the source does not say
  int height = 0;  // pixels, 0 where the source does not say
  std::vector<Detection> detections;
  // The name of the picture's file as Picture::file_name has it; "" where the source does not say.
  std::string file_name = {};

  bool operator==(const ImageDetections&) const = default;
};

// What a results file holds: pictures with their detections, and the classes that the ids refer to.
struct DetectionSet {
  ClassTable classes;
  std::vector<ImageDetections> images;

  bool operator==(const DetectionSet&) const = default;
};

}  // namespace deeper
