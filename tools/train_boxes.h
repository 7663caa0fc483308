#pragma once

#include "tools/training_outcome.h"
#include "tools/verbs.h"

namespace deeper::tools {

// "deeper train boxes": box regression anew for an existing detector, on the features of its own
// network; all else of it stays.
TrainingOutcome TrainBoxes(const Arguments& words);

}  // namespace deeper::tools
