#include "tools/options/suppression_options.h"

#include <algorithm>

#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

void SuppressionOptions::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("nms-iou", po::value<double>()->notifier([this](double value) { nms_iou = value; })->value_name("IOU"), "boxes of a class that overlap a better one by more are dropped; default: the model's")
      ("soft-nms", po::value<double>()->notifier([this](double value) { soft_sigma = value; })->value_name("SIGMA"), "instead of being dropped, such boxes lose score by exp(-iou^2 / SIGMA), for models with probabilities; 0: they are dropped; default: the model's, and 0 with --fusion boxes")
      ("vote-iou", po::value<double>()->notifier([this](double value) { vote_iou = value; })->value_name("IOU"), "each box becomes the weighted mean of those of its class that overlap it by this much; 0: it stays; default: the model's")
      ("max-per-class", po::value<int>()->notifier([this](int value) { max_per_class = value; })->value_name("N"), "detections kept a class and picture; 0 keeps all; default: the model's")
      ("no-box-regression", po::bool_switch(&no_box_regression), "keep the proposals' own boxes");
  // clang-format on
}

DetectOptions SuppressionOptions::Over(const Detector& detector,
                                       std::optional<float> min_score) const {
  DetectOptions options = detector.DefaultOptions();
  options.box_regression = !no_box_regression;
  if (min_score) options.min_score = std::min(options.min_score, *min_score);
  if (nms_iou) options.nms.max_iou = *nms_iou;
  if (soft_sigma) options.nms.soft_sigma = *soft_sigma;
  if (vote_iou) options.nms.vote_iou = *vote_iou;
  if (max_per_class) options.nms.max_per_class = *max_per_class;
  CheckOptions(options);
  if (options.nms.soft_sigma > 0 && !detector.first().calibration) {
    throw UsageError(
        "--soft-nms needs scores that are probabilities; 'deeper train calibrate' makes "
        "them of this model's margins");
  }
  return options;
}

}  // namespace deeper::tools
