#pragma once

#include <string>
#include <vector>

#include "detector/model/model.h"
#include "tools/run/shard.h"

namespace deeper::tools {

// A detector whose SVMs are trained in shards. Each shard writes a part, a detector of some of the
// classes; the parts are joined to the detector of all.

// Makes a part of a model that names all classes but has classifiers of the shard's alone. Expects
// one box regression for all classes, if any, and no calibration.
void MakePart(const Shard& shard, Model& model);

// A part with the name of its file.
struct ModelPart {
  std::string source;
  Model model;
};

// The detector that one training of all classes would have made. Throws Error naming the files
// concerned unless all are parts of the same training, each once and none missing.
Model JoinParts(std::vector<ModelPart> parts);

}  // namespace deeper::tools
