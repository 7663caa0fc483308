#pragma once

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// `deeper train boxes`: the box regression of an existing detector anew.
TrainingOutcome RunTrainBoxes(const Arguments& words);

}  // namespace deeper::tools
