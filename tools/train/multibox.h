#pragma once

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// deeper train multibox: a network that proposes boxes of any class for a whole picture.
TrainingOutcome TrainMultiBox(const Arguments& words);
// The same with options of another training, whose words these are.
TrainingOutcome TrainMultiBoxOf(const Arguments& words);

}  // namespace deeper::tools
