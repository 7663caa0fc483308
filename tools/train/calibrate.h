#pragma once

#include "tools/train/outcome.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

// "deeper train calibrate": probabilities for an existing model, from its detections of annotated
// pictures that it was not trained on.
TrainingOutcome RunTrainCalibrate(const Arguments& words);

}  // namespace deeper::tools
