#pragma once

#include <nlohmann/json.hpp>

#include "core/text/json_line.h"
#include "tools/training_run.h"

namespace deeper::tools {

// Adds what a network's training came to: {"steps", "loss", "validation": {"loss", ...},
// "seconds"}.
void AddFigures(const TrainingFigures& figures, nlohmann::ordered_json& json);

}  // namespace deeper::tools
