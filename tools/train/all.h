#pragma once

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// "deeper train all": from an annotated data set to a detector, by TrainDetector.
TrainingOutcome RunTrainAll(const Arguments& words);

}  // namespace deeper::tools
