#pragma once

#include <string>

#include "detector/multibox.h"
#include "tools/training_outcome.h"
#include "tools/verbs.h"

namespace deeper::tools {

// deeper train multibox: a network that proposes boxes of any class for a whole picture.
TrainingOutcome TrainMultiBox(const Arguments& words);
// The same with options of another training, whose words these are.
TrainingOutcome TrainMultiBoxOf(const Arguments& words);

// Gives a detector's file this MultiBox, as small as it gets beside the detector's network. Throws
// Error naming the file.
void PutInto(const std::string& model_path, const MultiBox& multibox);

}  // namespace deeper::tools
