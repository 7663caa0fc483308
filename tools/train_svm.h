#pragma once

#include "tools/verbs.h"

namespace deeper::tools {

// `deeper train svm`: SVMs and box regression on the features of a given backbone.
int TrainSvm(const Arguments& words);

}  // namespace deeper::tools
