#pragma once

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// "deeper train ranker": which regions of a picture a detector of whole pictures looks at closely.
TrainingOutcome RunTrainRanker(const Arguments& words);

}  // namespace deeper::tools
