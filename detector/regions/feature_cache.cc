#include "detector/regions/feature_cache.h"

#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "backbone/files/safetensors.h"
#include "backbone/files/stored_floats.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/files/sha256.h"
#include "core/other_recipe.h"
#include "core/results_version.h"
#include "core/text/parse.h"
#include "detector/heads/region_features.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRecipeFile = "recipe.txt";
constexpr std::string_view kExtension = ".safetensors";
constexpr const char* kContentKey = "content";

// Approximate size of the length field, names, shapes, offsets and metadata of a file.
constexpr std::uintmax_t kHeaderBytes = 512;

// File names may have 255 bytes; the rest is for the extension and a temporary file's suffix.
constexpr std::size_t kLongestStem = 200;

// `id` as a file name without extension, a different one for every id. Letters, digits, '-', '_'
// and '.' stand for themselves; other bytes, and a leading '.', are percent-encoded. A long name is
// cut and gets its hash after a '~', which no short one has.
std::string FileStemOf(const std::string& id) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string stem;
  for (const char letter : id) {
    const bool is_plain = kPlain.find(letter) != std::string_view::npos;
    if (is_plain && !(stem.empty() && letter == '.')) {
      stem += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    stem += {'%', kHexDigits[byte / 16U], kHexDigits[byte % 16U]};
  }
  if (stem.size() <= kLongestStem) return stem;
  Sha256 hash;
  hash.Update(id);
  const std::string digest = hash.HexDigest();
  return stem.substr(0, kLongestStem - digest.size() - 1) + "~" + digest;
}

// The numbers of the boxes in the order x0, y0, x1, y1.
std::vector<float> CoordinatesOf(const std::vector<Box>& boxes) {
  std::vector<float> coordinates;
  coordinates.reserve(4 * boxes.size());
  for (const Box& box : boxes) {
    coordinates.insert(coordinates.end(), {box.x0, box.y0, box.x1, box.y1});
  }
  return coordinates;
}

// The hash that reveals a damaged file: over the picture's size and content and the tensors' bytes.
std::string HashOf(const Safetensors& file) {
  Sha256 hash;
  for (const auto* name : {"image_width", "image_height", kContentKey}) {
    hash.Update(file.metadata.at(name));
    hash.Update(" ");
  }
  for (const auto* name : {"boxes", "features"}) hash.Update(file.tensors.at(name).bytes);
  const auto offsets = file.tensors.find("offsets");
  if (offsets != file.tensors.end()) hash.Update(offsets->second.bytes);
  return hash.HexDigest();
}

int ImageSideIn(const Safetensors& file, const std::string& name) {
  const auto side = ParseInt(file.metadata.at(name));
  if (!side || *side < 0 || *side > std::numeric_limits<int>::max()) throw Error("no " + name);
  return static_cast<int>(*side);
}

// Throws Error or std::out_of_range unless `file` is what Store wrote.
RegionFeatures RegionsIn(const Safetensors& file) {
  const StoredTensor& boxes = file.tensors.at("boxes");
  const StoredTensor& features = file.tensors.at("features");
  if (boxes.dtype != DType::kF32 || boxes.shape.size() != 2 || boxes.shape[1] != 4 ||
      features.dtype != DType::kF32 || features.shape.size() != 2 ||
      features.shape[0] != boxes.shape[0] || file.metadata.at("sha256") != HashOf(file)) {
    throw Error("damaged");
  }
  RegionFeatures regions = {.image_width = ImageSideIn(file, "image_width"),
                            .image_height = ImageSideIn(file, "image_height"),
                            .feature_dim = features.shape[1],
                            .boxes = {},
                            .features = LoadFloats(features, "features")};
  const std::vector<float> coordinates = LoadFloats(boxes, "boxes");
  regions.boxes.reserve(boxes.shape[0]);
  for (std::size_t i = 0; i < coordinates.size(); i += 4) {
    regions.boxes.push_back({.x0 = coordinates[i],
                             .y0 = coordinates[i + 1],
                             .x1 = coordinates[i + 2],
                             .y1 = coordinates[i + 3]});
  }
  const auto offsets = file.tensors.find("offsets");
  if (offsets != file.tensors.end()) {
    const std::vector<std::uint64_t>& shape = offsets->second.shape;
    if (shape.size() != 2 || shape[0] != boxes.shape[0]) throw Error("damaged");
    regions.offsets = LoadFloats(offsets->second, "offsets");
  }
  return regions;
}

// Whether features lie in the directory or in a part of it; one with a recipe is a cache of its
// own.
bool HoldsFeatures(const fs::path& directory) {
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == kExtension) return true;
    if (entry.is_directory() && !fs::exists(entry.path() / kRecipeFile) &&
        HoldsFeatures(entry.path())) {
      return true;
    }
  }
  return false;
}

}  // namespace

FeatureCache::FeatureCache(fs::path directory, const std::string& recipe_of_features)
    : directory_(std::move(directory)) {
  const std::string recipe = recipe_of_features + std::string(kResultsVersionLine);
  std::error_code failure;
  fs::create_directories(directory_, failure);
  if (!fs::is_directory(directory_)) {
    throw Error(directory_.string() + ": cannot make this directory for features: " +
                (failure ? failure.message() : "a file of this name is in the way"));
  }
  // Checked before the recipe: another process may be writing the recipe now, and features only
  // after it.
  const bool held_features = HoldsFeatures(directory_);
  const fs::path recipe_path = directory_ / kRecipeFile;
  if (!fs::exists(recipe_path)) {
    if (held_features) {
      throw Error(recipe_path.string() + " is missing, though features are there: expected\n" +
                  recipe + "\nUse another directory or remove this one.");
    }
    WriteFileWhole(recipe_path, std::string_view(recipe));
    return;
  }
  RequireRecipe(ReadTextFile(recipe_path),
                recipe,
                directory_.string() + ": what is kept there was made with another recipe",
                "Use another directory or remove this one.");
}

std::optional<RegionFeatures> FeatureCache::Load(const FeatureEntry& entry) const {
  std::error_code absent;
  if (!fs::is_regular_file(PathOf(entry), absent)) return std::nullopt;
  try {
    const Safetensors file = ReadSafetensors(PathOf(entry));
    RegionFeatures regions = RegionsIn(file);
    const std::string& content = file.metadata.at(kContentKey);
    if (content != entry.content.value_or(content)) return std::nullopt;
    return regions;
  } catch (const Error&) {              // damaged
  } catch (const std::out_of_range&) {  // a tensor or a fact is missing
  }
  std::error_code stays;
  fs::remove(PathOf(entry), stays);
  return std::nullopt;
}

void FeatureCache::Store(const FeatureEntry& entry, const RegionFeatures& features) const {
  const std::size_t count = features.boxes.size();
  Expects(features.features.size() == count * features.feature_dim, "one row of features a box");
  Expects(entry.content.has_value(), "features of a content that is known");
  Safetensors file;
  file.tensors["boxes"] = StoreFloats(CoordinatesOf(features.boxes), {count, 4});
  file.tensors["features"] = StoreFloats(features.features, {count, features.feature_dim});
  if (!features.offsets.empty()) {
    Expects(features.offsets.size() % count == 0, "one row of offsets a box");
    file.tensors["offsets"] =
        StoreFloats(features.offsets, {count, features.offsets.size() / count});
  }
  file.metadata["image_width"] = std::to_string(features.image_width);
  file.metadata["image_height"] = std::to_string(features.image_height);
  file.metadata[kContentKey] = *entry.content;
  file.metadata["sha256"] = HashOf(file);
  WriteSafetensors(file, PathOf(entry));
}

std::optional<std::string> FeatureCache::ContentIn(const FeatureEntry& entry) const {
  std::error_code absent;
  if (!fs::is_regular_file(PathOf(entry), absent)) return std::nullopt;
  try {
    return ReadSafetensorsMetadata(PathOf(entry)).at(kContentKey);
  } catch (const Error&) {              // damaged
  } catch (const std::out_of_range&) {  // a fact is missing
  }
  return std::nullopt;
}

bool FeatureCache::Contains(const FeatureEntry& entry) const {
  const std::optional<std::string> content = ContentIn(entry);
  return content && *content == entry.content.value_or(*content);
}

bool FeatureCache::ContainsOther(const FeatureEntry& entry) const {
  const std::optional<std::string> content = ContentIn(entry);
  return content && *content != entry.content.value_or(*content);
}

std::uintmax_t FeatureCache::BytesFor(std::size_t boxes, std::size_t feature_dim) {
  return kHeaderBytes + std::uintmax_t{boxes} * (4 + feature_dim) * sizeof(float);
}

fs::path FeatureCache::PathOf(const FeatureEntry& entry) const {
  return directory_ / entry.part / (FileStemOf(entry.image_id) + std::string(kExtension));
}

}  // namespace deeper
