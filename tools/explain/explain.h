#pragma once

#include <optional>
#include <string>

#include "core/dataset.h"
#include "tools/options/detector_options.h"
#include "tools/options/suppression_options.h"

namespace deeper::tools {

// What 'deeper show --explain' is asked.
struct ExplainArguments {
  std::string id;  // "PICTURE", "PICTURE:3" the third detection, "PICTURE:o2" the second object
  DetectorArguments detector;
  SuppressionOptions suppression;
  std::optional<float> min_score;  // default: the model's
  std::string metric = "voc12";
  double min_iou = 0.5;
  std::string output;
  bool json = false;
};

// Runs the detector again on one picture and tells how it came to a detection, or what became of an
// object, on stdout and as a picture in the output directory, whose path it returns. For a picture
// alone it lists both, and returns nothing. PICTURE is an id of `truth` where that is given, else a
// file. Throws Error naming the picture, detection or object that does not exist.
std::optional<std::string> Explain(const ExplainArguments& arguments,
                                   const std::optional<Dataset>& truth);

}  // namespace deeper::tools
