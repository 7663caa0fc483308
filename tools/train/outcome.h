#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "backbone/training/network_training_options.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {

// What a training verb came to.
struct TrainingOutcome {
  int status = kDone;
  std::string json;  // an object, where --json asked for one and the training went to its end
};

// Of a training that a signal stopped: says on stderr where the same command goes on from, unless
// nothing is kept ("").
TrainingOutcome Stopped(const std::filesystem::path& goes_on_from);

// The option --json, of every training verb.
void AddJsonOption(boost::program_options::options_description& group, bool& json);

// Adds what a network's training came to: {"steps", "loss", "validation": {"loss", ...},
// "seconds"}.
void AddFigures(const TrainingFigures& figures, nlohmann::ordered_json& json);

}  // namespace deeper::tools
