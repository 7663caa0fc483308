#pragma once

#include <filesystem>
#include <optional>

#include "backbone/weights.h"
#include "detector/model/model.h"

namespace deeper {

// Finds the backbone of a model. Looked at are, in this order:
// - the file `explicit_path` (if given, only that);
// - the model's own;
// - the .safetensors and .caffemodel with its fingerprint in the model's directory, then in the
//   directories of $DEEPER_MODELS (colon-separated).
// Throws Error that lists what was looked at and says where to get BVLC GoogLeNet.
Weights FindBackbone(const Model& model,
                     const std::filesystem::path& model_path,
                     const std::optional<std::filesystem::path>& explicit_path);

// Whether the file is a detector rather than a bare backbone.
bool IsDetectorFile(const std::filesystem::path& path);

// The network of a backbone file or of a detector: its own, or the one that it names
// (FindBackbone). Throws Error naming the file and what is wrong.
Weights ReadNetwork(const std::filesystem::path& path);

}  // namespace deeper
