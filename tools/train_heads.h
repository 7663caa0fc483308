#pragma once

#include "tools/training_outcome.h"
#include "tools/verbs.h"

namespace deeper::tools {

// "deeper train features": what all of these extract first, all of it or a shard's part.
TrainingOutcome TrainFeatures(const Arguments& words);

// "deeper train svm", "train softmax": classifiers of this kind and box regression on the features
// of a given backbone; "train heads": both kinds, of which the better on held-out pictures stays.
// SVMs may be trained in shards of classes, each of which writes a part (tools/model_parts.h).
TrainingOutcome TrainSvm(const Arguments& words);
TrainingOutcome TrainSoftmaxHeads(const Arguments& words);
TrainingOutcome TrainHeads(const Arguments& words);
// The same with options of another training, whose words these are.
TrainingOutcome TrainHeadsOf(const Arguments& words);

}  // namespace deeper::tools
