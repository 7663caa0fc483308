#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "detector/training/train_fast_rcnn.h"
#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// "deeper train fast-rcnn": a detector whose regions share the features of the whole picture,
// trained end to end (Girshick 2015).
TrainingOutcome RunTrainFastRcnn(const Arguments& words);

// What --json says of it.
nlohmann::ordered_json FastRcnnJson(const FastRcnnReport& report,
                                    const std::string& output,
                                    std::size_t classes);

}  // namespace deeper::tools
