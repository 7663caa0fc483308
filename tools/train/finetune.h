#pragma once

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// `deeper train finetune`: trains GoogLeNet on for the classes of an annotated data set, on warped
// regions (Girshick et al. 2014, section 2.3).
TrainingOutcome TrainFinetune(const Arguments& words);
// The same with options of another training, whose words these are.
TrainingOutcome TrainFinetuneOf(const Arguments& words);

}  // namespace deeper::tools
