#pragma once

#include <string>

#include "detector/model/model.h"

namespace deeper {

// All of a model except its tensors, as JSON; the same model gives the same text.
// docs/model-file.md has the keys. Throws Error, beginning with `source`, when a text of the model
// is not UTF-8.
std::string JsonTextOf(const Model& model, const std::string& source);

// The model of this JSON, still without tensors. Throws Error, beginning with `source`, for text
// that is not JSON and for another format or version. For a key that is missing, unknown or of a
// wrong type, the message names the key.
Model ModelFromJsonText(const std::string& text, const std::string& source);

}  // namespace deeper
