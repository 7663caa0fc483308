#include "tools/train/outcome.h"

#include <fmt/format.h>

#include <cstdio>

#include "tools/run/stop_signal.h"

namespace deeper::tools {

TrainingOutcome Stopped(const std::filesystem::path& goes_on_from) {
  if (!goes_on_from.empty()) {
    fmt::print(stderr, "stopped; the same command goes on from {}\n", goes_on_from.string());
  }
  return {.status = StopStatus(), .json = {}};
}

void AddJsonOption(boost::program_options::options_description& group, bool& json) {
  group.add_options()("json",
                      boost::program_options::bool_switch(&json),
                      "what was trained and written, and how well, as a JSON object on stdout");
}

void AddFigures(const TrainingFigures& figures, nlohmann::ordered_json& json) {
  json["steps"] = figures.steps;
  json["loss"] = figures.loss;
  json["validation"] = figures.validation;
  json["seconds"] = figures.seconds;
}

}  // namespace deeper::tools
