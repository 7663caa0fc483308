#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "detector/training/train_heads.h"
#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// "deeper train features": what all of these extract first, all of it or a shard's part.
TrainingOutcome RunTrainFeatures(const Arguments& words);

// "deeper train svm", "train softmax": classifiers of this kind and box regression on the features
// of a given backbone; "train heads": both kinds, of which the better on held-out pictures stays.
// SVMs may be trained in shards of classes, each of which writes a part (tools/run/model_parts.h).
TrainingOutcome RunTrainSvm(const Arguments& words);
TrainingOutcome RunTrainSoftmax(const Arguments& words);
TrainingOutcome RunTrainHeads(const Arguments& words);

// Says what was trained, and what it is worth on held-out pictures on stdout, or beside JSON on
// stderr.
void SayTrained(const TrainedHeads& trained, const std::string& output, bool beside_json);

// What --json says of it. training: the verb.
nlohmann::ordered_json HeadsJson(const TrainedHeads& trained,
                                 const std::string& training,
                                 const std::string& output);

}  // namespace deeper::tools
