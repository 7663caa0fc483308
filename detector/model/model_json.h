#pragma once

#include <string>

#include "detector/model/model.h"

namespace deeper {

// All of a model but its tensors as JSON, the same text for the same model; docs/model-file.md has
// the keys. Throws Error, beginning with `source`, when a text of the model is not UTF-8.
std::string JsonTextOf(const Model& model, const std::string& source);

// The model of this JSON, still without tensors. Throws Error, beginning with `source`, for what is
// not JSON, another format or version, and by name for a key that is missing, unknown or of a wrong
// type.
Model ModelFromJsonText(const std::string& text, const std::string& source);

}  // namespace deeper
