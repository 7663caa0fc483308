#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "detector/training/train_multibox.h"
#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// `deeper train multibox`: a network that proposes boxes of any class for a whole picture.
TrainingOutcome RunTrainMultiBox(const Arguments& words);

// What --json says of it.
nlohmann::ordered_json MultiBoxJson(const MultiBoxReport& report,
                                    const std::string& output,
                                    const std::string& into);

}  // namespace deeper::tools
