#pragma once

#include <filesystem>
#include <vector>

namespace deeper {

// The directories that the environment variable DEEPER_MODELS names, separated by colons; in its
// order, each once. None when it is not set. Models and backbones are looked for there. Safe from
// several threads as long as none changes the environment.
std::vector<std::filesystem::path> ModelPath();

}  // namespace deeper
