#pragma once

#include "tools/verbs.h"

namespace deeper::tools {

// "deeper train svm", "train softmax": classifiers of this kind and box regression on the features
// of a given backbone; "train heads": both kinds, of which the better on held-out pictures stays.
int TrainSvm(const Arguments& words);
int TrainSoftmaxHeads(const Arguments& words);
int TrainHeads(const Arguments& words);

}  // namespace deeper::tools
