#pragma once

#include <boost/program_options.hpp>
#include <optional>

#include "detector/region_scores.h"
#include "tools/ensemble.h"

namespace deeper::tools {

// Options of how scored regions become detections, shared by the verbs that run a detector. An
// option that is not given is the model's.
struct SuppressionOptions {
  std::optional<double> nms_iou;
  std::optional<double> soft_sigma;
  std::optional<double> vote_iou;
  std::optional<int> max_per_class;
  bool no_box_regression = false;

  void AddOptions(boost::program_options::options_description& group);
  // Returns the first model's options with these in their place. Where boxes of several models are
  // fused, soft suppression is used only when given, as fusion wants one box of each model for an
  // object. Throws UsageError or Error for values out of range, and for soft suppression of scores
  // that are no probabilities.
  DetectOptions Over(const Ensemble& ensemble, std::optional<float> min_score) const;
};

}  // namespace deeper::tools
