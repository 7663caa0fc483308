#pragma once

#include "tools/train/outcome.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

// `deeper train boxes`: the box regression of an existing detector anew.
TrainingOutcome RunTrainBoxes(const Arguments& words);

}  // namespace deeper::tools
