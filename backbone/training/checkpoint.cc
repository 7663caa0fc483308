#include "backbone/training/checkpoint.h"

#include <array>
#include <string_view>
#include <utility>

#include "backbone/files/safetensors.h"
#include "backbone/files/stored_floats.h"
#include "core/error.h"
#include "core/other_recipe.h"
#include "core/results_version.h"
#include "core/text/parse.h"

namespace deeper {
namespace {

constexpr const char* kFormatKey = "format";
constexpr const char* kFormat = "deeper-training-checkpoint";
constexpr const char* kRecipeKey = "recipe";
constexpr const char* kStepKey = "step";

// The parts of a state, with the prefix of their names in the file.
constexpr std::array<std::pair<std::string_view, Weights SolverState::*>, 3> kParts = {
    {{"weights/", &SolverState::weights},
     {"momentum/", &SolverState::momentum},
     {"averages/", &SolverState::averages}}};

// What a training is, by this program.
std::string WholeRecipe(const std::string& recipe) {
  return recipe + std::string(kResultsVersionLine);
}

void LoadTensorInto(SolverState& state, const std::string& name, const StoredTensor& stored) {
  for (const auto& [prefix, part] : kParts) {
    if (!name.starts_with(prefix)) continue;
    (state.*part).emplace(name.substr(prefix.size()), LoadTensor(stored, name));
    return;
  }
  throw Error("tensor '" + name + "' is no part of a checkpoint");
}

}  // namespace

void SaveCheckpoint(const SolverState& state,
                    const std::string& recipe,
                    const std::filesystem::path& path) {
  Safetensors content = {.tensors = {},
                         .metadata = {{kFormatKey, kFormat},
                                      {kRecipeKey, WholeRecipe(recipe)},
                                      {kStepKey, std::to_string(state.step)}}};
  for (const auto& [prefix, part] : kParts) {
    for (const auto& [name, tensor] : state.*part)
      content.tensors.emplace(std::string(prefix) + name, StoreTensor(tensor));
  }
  WriteSafetensors(content, path);
}

std::optional<SolverState> LoadCheckpoint(const std::string& recipe_of_training,
                                          const std::filesystem::path& path) {
  const std::string recipe = WholeRecipe(recipe_of_training);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const Safetensors content = ReadSafetensors(path);
  const auto fact = [&](const char* key) {
    const auto found = content.metadata.find(key);
    if (found != content.metadata.end()) return found->second;
    throw Error(path.string() + ": has no '" + key + "'; it is no checkpoint of a training");
  };
  if (fact(kFormatKey) != kFormat) {
    throw Error(path.string() + ": its format is '" + fact(kFormatKey) + "', expected '" + kFormat +
                "'");
  }
  RequireRecipe(fact(kRecipeKey),
                recipe,
                path.string() + ": is the checkpoint of another training",
                "Repeat the command that began it, or remove the file to begin anew.");
  const auto step = ParseInt(fact(kStepKey));
  if (!step || *step < 0) {
    throw Error(path.string() + ": its step is '" + fact(kStepKey) + "', expected a number");
  }
  SolverState state = {
      .weights = {}, .momentum = {}, .averages = {}, .step = static_cast<std::uint64_t>(*step)};
  try {
    for (const auto& [name, stored] : content.tensors) LoadTensorInto(state, name, stored);
  } catch (const Error& error) {
    throw Error(path.string() + ": " + error.what());
  }
  return state;
}

std::optional<SolverState> ResumedSolver(const std::string& recipe,
                                         const std::filesystem::path& path,
                                         const std::vector<Blob>& trained) {
  std::optional<SolverState> state = LoadCheckpoint(recipe, path);
  if (!state) return state;
  for (const Blob& blob : trained) {
    for (const Weights* part : {&state->weights, &state->momentum, &state->averages}) {
      const auto found = part->find(blob.name);
      if (found != part->end() && found->second.shape == blob.shape) continue;
      throw Error(path.string() + ": lacks '" + blob.name +
                  "'; it is damaged, remove it to begin anew");
    }
  }
  return state;
}

}  // namespace deeper
