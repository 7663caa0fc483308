#include "tools/options/find_model.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <system_error>

#include "backbone/files/weight_files.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model_file.h"
#include "detector/model/model_path.h"
#include "detector/training/train_detector.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLabelsArchive = "http://dl.caffe.berkeleyvision.org/caffe_ilsvrc12.tar.gz";

// The detectors that come with the program. Detection takes the fast one where it is. A training
// begins from the network of the one that goes its way, where that is.
constexpr const char* kFastDetector = "voc-fast.safetensors";
constexpr const char* kCropsDetector = "voc.safetensors";

std::vector<std::string> BackboneFiles() {
  return {"bvlc_googlenet.caffemodel", "bvlc_googlenet.safetensors", "googlenet.safetensors"};
}

// Where models are looked for, in this order.
std::vector<fs::path> ModelDirectories() {
  std::vector<fs::path> directories = ModelPath();
  directories.emplace_back("models");
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  if (!unknown) {
    const fs::path directory = program.parent_path();
    directories.push_back(directory / "models");
    directories.push_back(directory);
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

// The first of these names in these directories, the names of one directory before the next.
std::optional<fs::path> FirstOf(const std::vector<std::string>& names,
                                const std::vector<fs::path>& directories) {
  for (const fs::path& directory : directories) {
    for (const std::string& name : names) {
      if (Exists(directory / name)) return directory / name;
    }
  }
  return std::nullopt;
}

}  // namespace

fs::path FindModelFile(const std::string& named) {
  if (!named.empty()) return named;
  const std::vector<fs::path> directories = ModelDirectories();
  if (const auto found = FirstOf({kFastDetector, kCropsDetector}, directories)) return *found;
  throw Error(
      fmt::format("no detector: looked for {} and {} in{}\nName one with --model FILE, or a "
                  "directory in $DEEPER_MODELS",
                  kFastDetector,
                  kCropsDetector,
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
  if (const auto found = FirstOf(BackboneFiles(), directories)) return *found;
  throw Error(
      fmt::format("no network that names classes: looked for {} in{}\nBVLC's is "
                  "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel; the names of its "
                  "classes, synset_words.txt, which belong beside it, are in {}\nName one with "
                  "--backbone FILE, or its directory in $DEEPER_MODELS",
                  fmt::join(BackboneFiles(), ", "),
                  ListOf(directories),
                  kLabelsArchive));
}

fs::path FindStartingNetwork(const std::string& named, DetectionMethod method) {
  if (!named.empty()) return named;
  const std::vector<std::string> detectors =
      method == DetectionMethod::kFastRcnn
          ? std::vector<std::string>{kFastDetector, kCropsDetector}
          : std::vector<std::string>{kCropsDetector, kFastDetector};
  const std::vector<fs::path> directories = ModelDirectories();
  if (const auto backbone = FirstOf(BackboneFiles(), directories)) return *backbone;
  if (const auto detector = FirstOf(detectors, directories)) {
    fmt::print(stderr,
               "training begins from the network inside {}; --backbone FILE names another\n",
               detector->string());
    return *detector;
  }
  std::vector<std::string> names = BackboneFiles();
  names.insert(names.end(), detectors.begin(), detectors.end());
  throw Error(
      fmt::format("no network to begin from: looked for {} in{}\nName one with --backbone FILE, or "
                  "its directory in $DEEPER_MODELS",
                  fmt::join(names, ", "),
                  ListOf(directories)));
}

fs::path FindLabels(const std::string& named, const fs::path& backbone) {
  if (!named.empty()) return named;
  const fs::path labels = backbone.parent_path() / "synset_words.txt";
  if (Exists(labels)) return labels;
  throw Error(
      fmt::format("{}: not there; it names the network's classes, one a line. BVLC's is in {}; put "
                  "it beside the "
                  "weights, or name a list with --labels FILE",
                  labels.string(),
                  kLabelsArchive));
}

std::vector<std::string> ReadLabels(const std::string& named,
                                    const fs::path& backbone,
                                    std::size_t count) {
  const fs::path path = FindLabels(named, backbone);
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

}  // namespace deeper::tools
