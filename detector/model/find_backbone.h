#pragma once

#include <filesystem>
#include <optional>

#include "backbone/weights.h"
#include "detector/model/model.h"

namespace deeper {

// The backbone of a model: the file `explicit_path` (if given, only that), its own, or the file
// with its fingerprint among the .safetensors and .caffemodel of the model's directory and of the
// directories of $DEEPER_MODELS (colon-separated), in this order. Throws Error that lists what was
// looked at and says where to get BVLC GoogLeNet.
Weights FindBackbone(const Model& model,
                     const std::filesystem::path& model_path,
                     const std::optional<std::filesystem::path>& explicit_path);

}  // namespace deeper
