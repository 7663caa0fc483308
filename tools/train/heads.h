#pragma once

#include <vector>

#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// "deeper train features": what all of these extract first, all of it or a shard's part.
TrainingOutcome TrainFeatures(const Arguments& words);

// "deeper train svm", "train softmax": classifiers of this kind and box regression on the features
// of a given backbone; "train heads": both kinds, of which the better on held-out pictures stays.
// SVMs may be trained in shards of classes, each of which writes a part (tools/run/model_parts.h).
TrainingOutcome TrainSvm(const Arguments& words);
TrainingOutcome TrainSoftmaxHeads(const Arguments& words);
TrainingOutcome TrainHeads(const Arguments& words);
// "train heads" for several detectors of the same data, with the words of another training; the
// features of those whose networks have rows in common are extracted together. One outcome a
// detector, as far as it went: the last one says how it ended.
std::vector<TrainingOutcome> TrainHeadsOf(const std::vector<Arguments>& words);

}  // namespace deeper::tools
