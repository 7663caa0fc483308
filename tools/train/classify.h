#pragma once

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// `deeper train classify`: trains GoogLeNet to name what whole pictures show (Szegedy et al. 2014,
// section 6), from a directory with a folder of pictures for each class.
TrainingOutcome RunTrainClassify(const Arguments& words);

}  // namespace deeper::tools
