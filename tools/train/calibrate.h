#pragma once

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// "deeper train calibrate": probabilities for an existing model, from its detections of annotated
// pictures that it was not trained on.
TrainingOutcome RunTrainCalibrate(const Arguments& words);

}  // namespace deeper::tools
