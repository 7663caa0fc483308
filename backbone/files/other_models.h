#pragma once

#include <filesystem>

namespace deeper {

// Throws Error that says what the file is, and what to do, where its content is known and no model
// of ours: a Git LFS pointer, a web page, a checkpoint of PyTorch, an ONNX, TensorFlow Lite or
// Keras model, an archive, a picture. Returns otherwise.
void RefuseOtherModels(const std::filesystem::path& path);

}  // namespace deeper
