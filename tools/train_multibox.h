#pragma once

#include "tools/verbs.h"

namespace deeper::tools {

// deeper train multibox: a network that proposes boxes of any class for a whole picture.
int TrainMultiBox(const Arguments& words);

}  // namespace deeper::tools
