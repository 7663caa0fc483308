#include "detector/model/find_backbone.h"

#include <cstdint>
#include <set>
#include <system_error>

#include "backbone/files/safetensors.h"
#include "backbone/files/weight_files.h"
#include "core/error.h"
#include "core/remedy.h"
#include "detector/model/model_file.h"
#include "detector/model/model_path.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30U;

// The search for a backbone, with what it found, for the message when it fails.
struct Search {
  std::string fingerprint;
  std::string report;  // a line for each place and file

  void Note(const fs::path& place, const std::string& what) {
    report += "  " + place.string() + ": " + what + "\n";
  }
};

// The weights of this file if they are the wanted ones; else notes why not.
std::optional<Weights> ReadIfWanted(const fs::path& path, Search& search) {
  Weights weights = ReadBackboneWeights(path);
  const std::string found = FingerprintOf(weights);
  if (found == search.fingerprint) return weights;
  search.Note(path, "is a GoogLeNet of fingerprint " + found);
  return std::nullopt;
}

// Whether the metadata of a safetensors file rules out that it holds the backbone; notes why.
bool IsRuledOut(const fs::path& path, Search& search) {
  const auto metadata = ReadSafetensorsMetadata(path);
  const auto fingerprint = metadata.find("fingerprint");
  if (fingerprint != metadata.end()) {
    if (fingerprint->second == search.fingerprint) return false;
    search.Note(path, "holds a backbone of fingerprint " + fingerprint->second);
    return true;
  }
  if (!metadata.contains("deeper")) return false;
  search.Note(path, "is a model that names a backbone and holds none");
  return true;
}

std::optional<Weights> TryFile(const fs::path& path, Search& search) {
  try {
    if (fs::file_size(path) > kMaxFileBytes) {
      search.Note(path, "is larger than 1 GiB, skipped");
      return std::nullopt;
    }
    if (path.extension() == ".safetensors" && IsRuledOut(path, search)) return std::nullopt;
    return ReadIfWanted(path, search);
  } catch (const Error& error) {
    search.Note(path, std::string("cannot be used: ") + error.what());
  } catch (const fs::filesystem_error& error) {
    search.Note(path, "cannot be examined: " + error.code().message());
  }
  return std::nullopt;
}

// The files of a directory that may hold weights, judging by their names; sorted.
std::set<fs::path> CandidatesIn(const fs::path& directory, Search& search) {
  std::error_code error;
  std::set<fs::path> candidates;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path extension = entry->path().extension();
    const bool has_name = extension == ".safetensors" || extension == ".caffemodel";
    std::error_code ignored;
    if (has_name && entry->is_regular_file(ignored)) candidates.insert(entry->path());
  }
  if (error) {
    search.Note(directory, error.message());
  } else if (candidates.empty()) {
    search.Note(directory, "holds no .safetensors or .caffemodel");
  }
  return candidates;
}

// The model's own directory, then those of $DEEPER_MODELS; each once.
std::vector<fs::path> Directories(const fs::path& model_path, Search& search) {
  const fs::path parent = model_path.parent_path();
  const fs::path own = parent.empty() ? fs::path(".") : parent;
  std::vector<fs::path> directories = ModelPath();
  if (directories.empty()) search.Note("$DEEPER_MODELS", "names no directory");
  std::erase(directories, own);
  directories.insert(directories.begin(), own);
  return directories;
}

}  // namespace

Weights FindBackbone(const Model& model,
                     const fs::path& model_path,
                     const std::optional<fs::path>& explicit_path) {
  Search search{.fingerprint = model.backbone_fingerprint, .report = {}};
  if (explicit_path) {
    if (auto weights = ReadIfWanted(*explicit_path, search)) return *std::move(weights);
  } else {
    if (model.backbone) return *model.backbone;
    for (const fs::path& directory : Directories(model_path, search)) {
      for (const fs::path& path : CandidatesIn(directory, search)) {
        if (auto weights = TryFile(path, search)) return *std::move(weights);
      }
    }
  }
  throw ErrorWithRemedy(
      model_path.string() + ": needs the backbone '" + model.backbone_name + "' of fingerprint " +
          search.fingerprint + ", which was not found. Looked at:\n" + search.report +
          "BVLC GoogLeNet: bvlc_googlenet.caffemodel "
          "(SHA-1 405fc5acd08a3bb12de8ee5e23a96bec22f08204) from the Caffe model zoo, "
          "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel; put it into a directory "
          "named by $DEEPER_MODELS or name the file itself",
      Remedy::kNameBackbone);
}

bool IsDetectorFile(const fs::path& path) {
  return path.extension() == ".safetensors" && ReadSafetensorsMetadata(path).contains("deeper");
}

Weights ReadNetwork(const fs::path& path) {
  if (!IsDetectorFile(path)) return ReadBackboneWeights(path);
  return FindBackbone(LoadModel(path), path, std::nullopt);
}

}  // namespace deeper
