#include "tools/options/find_model.h"

#include <fmt/format.h>

#include <string_view>
#include <system_error>

#include "backbone/files/safetensors.h"
#include "backbone/files/weight_files.h"
#include "core/error.h"
#include "core/files/file.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model_file.h"
#include "detector/model/model_path.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDefaultModel = "voc.safetensors";
constexpr const char* kBackboneFiles[] = {
    "bvlc_googlenet.caffemodel", "bvlc_googlenet.safetensors", "googlenet.safetensors"};

// Where models are looked for, in this order.
std::vector<fs::path> ModelDirectories() {
  std::vector<fs::path> directories = ModelPath();
  directories.emplace_back("models");
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  if (!unknown) {
    const fs::path directory = program.parent_path();
    directories.push_back((directory / "../share/deeper/models").lexically_normal());
    directories.push_back((directory / "../../../models").lexically_normal());
  }
  return directories;
}

std::string ListOf(const std::vector<fs::path>& directories) {
  std::string list;
  for (const fs::path& directory : directories) list += "\n  " + directory.string();
  return list;
}

}  // namespace

fs::path FindModelFile(const std::string& named) {
  if (!named.empty()) return named;
  const std::vector<fs::path> directories = ModelDirectories();
  for (const fs::path& directory : directories) {
    if (fs::exists(directory / kDefaultModel)) return directory / kDefaultModel;
  }
  throw Error(
      fmt::format("no detector: looked for {} in{}\nName one with --model FILE, or a directory in "
                  "$DEEPER_MODELS",
                  kDefaultModel,
                  ListOf(directories)));
}

std::optional<Quantization> QuantizationIn(const fs::path& path) {
  if (!IsDetectorFile(path)) return ReadBackboneQuantization(path);
  const Model model = LoadModel(path);
  // What was measured on whole pictures does not hold for crops.
  return model.picture_scale ? std::nullopt : model.quantization;
}

fs::path FindBackboneFile(const std::string& named) {
  if (!named.empty()) return named;
  const std::vector<fs::path> directories = ModelDirectories();
  for (const fs::path& directory : directories) {
    for (const char* file : kBackboneFiles) {
      if (fs::exists(directory / file)) return directory / file;
    }
  }
  throw Error(
      fmt::format("no backbone: looked for {} in{}\nName one with --backbone FILE, or its "
                  "directory in $DEEPER_MODELS",
                  fmt::join(kBackboneFiles, ", "),
                  ListOf(directories)));
}

std::vector<std::string> ReadLabels(const std::string& named,
                                    const fs::path& backbone,
                                    std::size_t count) {
  const fs::path path =
      named.empty() ? backbone.parent_path() / "synset_words.txt" : fs::path(named);
  const std::string text = ReadPlainText(path);
  std::vector<std::string> labels;
  for (std::string_view line : SplitLines(text)) {
    const bool has_wordnet_id = line.size() > 10 && line.front() == 'n' && line[9] == ' ';
    if (has_wordnet_id) line.remove_prefix(10);
    labels.emplace_back(line.substr(0, line.find_last_not_of(" \t") + 1));
  }
  if (labels.size() != count) {
    throw Error(
        fmt::format("{}: has {} lines, expected one for each of the network's {} classes; name the "
                    "right file with --labels",
                    path.string(),
                    labels.size(),
                    count));
  }
  return labels;
}

Weights BackboneOf(const Model& model, const fs::path& model_path, const std::string& named) {
  return FindBackbone(
      model, model_path, named.empty() ? std::nullopt : std::optional<fs::path>(named));
}

bool IsDetectorFile(const fs::path& path) {
  return path.extension() == ".safetensors" && ReadSafetensorsMetadata(path).contains("deeper");
}

}  // namespace deeper::tools
