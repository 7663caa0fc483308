#pragma once

#include "tools/train/outcome.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

// `deeper train classify`: trains GoogLeNet to name what whole pictures show (Szegedy et al. 2014,
// section 6), from a directory with a folder of pictures for each class.
TrainingOutcome RunTrainClassify(const Arguments& words);

}  // namespace deeper::tools
