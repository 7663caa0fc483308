#pragma once

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// "deeper train fast-rcnn": a detector whose regions share the features of the whole picture, trained
// end to end (Girshick 2015).
TrainingOutcome RunTrainFastRcnn(const Arguments& words);

}  // namespace deeper::tools
