#pragma once

#include <filesystem>

#include "detector/model/model.h"
#include "detector/multibox/multibox.h"

namespace deeper {

// Throws Error naming the file and what is wrong. The values are checked against each other
// (dimensions, classes), and the whole file against its SHA-256.
Model LoadModel(const std::filesystem::path& path);

// Writes whole or not at all; the same model gives the same bytes. A backbone whose values all fit
// bf16 is stored in bf16, which loses nothing, else in f32. Blobs that a MultiBox shares with a
// backbone beside it are stored once. Throws Error for a model that LoadModel would refuse.
void SaveModel(const Model& model, const std::filesystem::path& path);

// The MultiBox of a model file, or of a file of SaveMultiBox. Throws Error naming the file and what
// is wrong with it.
MultiBox LoadMultiBox(const std::filesystem::path& path);

}  // namespace deeper
