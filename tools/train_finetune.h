#pragma once

#include "tools/verbs.h"

namespace deeper::tools {

// `deeper train finetune`: trains GoogLeNet on for the classes of an annotated data set, on warped
// regions (Girshick et al. 2014, section 2.3).
int TrainFinetune(const Arguments& words);

}  // namespace deeper::tools
