#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "backbone/training/solver.h"

namespace deeper {

// Writes the state of a training as one safetensors file, whole or not at all: weights, momentum
// and averages of every blob, and the steps done. Every random draw of a training is a function of
// its seed and the step, so the two are the random state and the place in the data. recipe: what
// the training is, as text; its seed included.
void SaveCheckpoint(const SolverState& state,
                    const std::string& recipe,
                    const std::filesystem::path& path);

// The state in the file; nothing when it is not there. Throws Error when it is damaged, no
// checkpoint, or of a training with another recipe, showing both.
std::optional<SolverState> LoadCheckpoint(const std::string& recipe,
                                          const std::filesystem::path& path);

}  // namespace deeper
