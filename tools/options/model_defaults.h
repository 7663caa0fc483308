#pragma once

#include <vector>

#include "detector/model/model.h"
#include "tools/options/configuration.h"
#include "tools/options/detector_options.h"

namespace deeper::tools {

// What the options of the verbs that run a detector are by a model's file, where nobody gives them,
// and what of the file no option changes. `file` names it for people.
std::vector<ConfiguredOption> DefaultsOf(const Model& model, const std::string& file);

// The same of the detector that these options name, or that is found without any: the first of
// several, which says how proposals are made and suppressed. Empty where none is found.
std::vector<ConfiguredOption> DefaultsOf(const DetectorArguments& options);

}  // namespace deeper::tools
