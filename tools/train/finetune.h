#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "detector/training/finetune.h"
#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// `deeper train finetune`: trains GoogLeNet on for the classes of an annotated data set, on warped
// regions (Girshick et al. 2014, section 2.3).
TrainingOutcome RunTrainFinetune(const Arguments& words);

// What --json says of it.
nlohmann::ordered_json FinetuneJson(const FinetuneReport& report,
                                    const std::string& output,
                                    std::size_t classes);

}  // namespace deeper::tools
