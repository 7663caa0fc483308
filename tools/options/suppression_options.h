#pragma once

#include <boost/program_options.hpp>
#include <optional>

#include "detector/detector.h"
#include "detector/region_scores.h"

namespace deeper::tools {

// Options of how scored regions become detections, shared by the verbs that run a detector. What is
// not given is the model's.
struct SuppressionOptions {
  std::optional<double> nms_iou;
  std::optional<double> soft_sigma;
  std::optional<double> vote_iou;
  std::optional<int> max_per_class;
  bool no_box_regression = false;

  void AddOptions(boost::program_options::options_description& group);
  // The detector's default options with these in their place. A min_score below the detector's
  // takes its place; one above leaves it, so that what is found does not depend on how much of it
  // is asked for: boxes with lower scores vote too. Throws UsageError or Error for values
  // out of range, and for soft suppression of scores that are no probabilities.
  DetectOptions Over(const Detector& detector, std::optional<float> min_score) const;
};

}  // namespace deeper::tools
