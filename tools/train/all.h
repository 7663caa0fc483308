#pragma once

#include "tools/train/outcome.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

// "deeper train all": from an annotated data set to a detector, by TrainDetector.
TrainingOutcome RunTrainAll(const Arguments& words);

}  // namespace deeper::tools
