#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backbone/training/solver.h"
#include "backbone/training/training_plan.h"

namespace deeper {

// Writes the state of a training as one safetensors file, whole or not at all: weights, momentum
// and averages of every blob, and the steps done. Every random draw of a training is a function of
// its seed and the step. So these two are all of the random state, and the place in the data.
// recipe: what the training is, as text, its seed included.
void SaveCheckpoint(const SolverState& state,
                    const std::string& recipe,
                    const std::filesystem::path& path);

// Returns the state in the file; nothing when the file is not there. Throws Error when it is
// damaged, is no checkpoint, or has another recipe; the message then shows both. Beside the recipe
// the file names the version of the results (core/results_version.h), which must be the same.
std::optional<SolverState> LoadCheckpoint(const std::string& recipe,
                                          const std::filesystem::path& path);

// LoadCheckpoint, which also throws Error where the state lacks one of the blobs that are trained.
std::optional<SolverState> ResumedSolver(const std::string& recipe,
                                         const std::filesystem::path& path,
                                         const std::vector<Blob>& trained);

}  // namespace deeper
