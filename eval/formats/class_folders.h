#pragma once

#include <filesystem>

#include "core/dataset.h"

namespace deeper {

// The pictures of a directory that has a folder for each class, named like it: DIR/cat/1.jpg.
// Classes and pictures are sorted by name. A picture's annotation is its class with an empty box,
// and its id is "cat/1". Throws Error when fewer than two classes have pictures.
Dataset ReadClassFolders(const std::filesystem::path& directory);

}  // namespace deeper
