#include "tools/train/training_json.h"

namespace deeper::tools {

void AddFigures(const TrainingFigures& figures, nlohmann::ordered_json& json) {
  json["steps"] = figures.steps;
  json["loss"] = figures.loss;
  json["validation"] = figures.validation;
  json["seconds"] = figures.seconds;
}

}  // namespace deeper::tools
