#pragma once

#include <optional>
#include <string>

#include "core/dataset.h"
#include "tools/options/detector_options.h"
#include "tools/options/suppression_options.h"

namespace deeper::tools {

// What 'deeper show --explain' is asked.
struct StoryArguments {
  std::string id;  // "PICTURE", "PICTURE:3" the third detection, "PICTURE:o2" the second object
  DetectorArguments detector;
  SuppressionOptions suppression;
  std::optional<float> min_score;  // default: the model's
  std::string metric = "voc12";
  double min_iou = 0.5;
  std::string output;
  bool json = false;
};

// Runs the detector again on one picture. Prints the story of a detection or an object on stdout,
// draws it into the output directory and returns the path of the drawing. For a picture alone it
// lists both and returns nothing. PICTURE is an id of `truth` where that is given, else a file.
// Throws Error that names the picture, detection or object that does not exist.
std::optional<std::string> ShowStory(const StoryArguments& arguments,
                                     const std::optional<Dataset>& truth);

}  // namespace deeper::tools
