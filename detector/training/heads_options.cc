#include "detector/training/heads_options.h"

#include <algorithm>

#include "core/error.h"

namespace deeper {

bool HeadsOptions::Trains(ClassifierKind kind) const {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

void HeadsOptions::Validate() const {
  RequireInRange("holdout", holdout, 0, 0.9);
  RequireInRange("vote_iou", vote_iou.value_or(0), 0, 1);
  RequireInRange("soft_sigma", soft_sigma.value_or(0), 0, 1000);
  RequireInRange("context", context, 0, 1000);
  RequireInRange("max_training_boxes", static_cast<double>(max_training_boxes), 0, 1e6);
  RequireInRange("workers", workers, 1, 4096);
  if (soft_sigma.value_or(0) > 0 && Trains(ClassifierKind::kSvm))
    throw Error("soft_sigma is above 0, which needs probabilities: softmax alone");
  if (holdout == 0 && (calibrate || Chooses()))
    throw Error("holdout is 0, expected the fraction of the pictures to judge by");
  svm.Validate();
  softmax.Validate();
  boxes.Validate();
}

}  // namespace deeper
