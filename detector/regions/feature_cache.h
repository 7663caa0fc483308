#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "detector/heads/region_features.h"

namespace deeper {

// What is kept of a picture, and of which picture.
struct FeatureEntry {
  std::string image_id;  // any text; "../x" and "/x" stay inside the cache
  // What of the picture it is, where a cache keeps several things: a name of our own, of letters,
  // digits, '.' and '-', and no part of the id, so that no picture's id can be taken for it.
  std::string part = {};
  // The identity of the picture's content, and of all else that the recipe does not name; nothing
  // where it cannot be known, so that whatever is kept is taken. To be stored it must be known.
  std::optional<std::string> content = std::string();
};

// A directory with one safetensors file of extracted features per entry, so that a run can stop
// and continue, and heads can be tried without the network. The tensors, f32 and exact:
//   "boxes"     n x 4
//   "features"  n x dim
//   "offsets"   n x 4 per regressor, if there are any
// Files appear whole or not at all. Safe from several threads on different pictures.
class FeatureCache {
 public:
  // Opens or makes `directory`. `recipe` says as text what the features depend on (backbone,
  // precision, crop, proposals). Throws Error showing both recipes when the directory was made with
  // another, or by a program whose results are of another version (core/results_version.h).
  FeatureCache(std::filesystem::path directory, const std::string& recipe);

  // The entry's features; nothing when they are not there yet, or are of another content. A damaged
  // file is removed and counts as missing.
  std::optional<RegionFeatures> Load(const FeatureEntry& entry) const;
  // Replaces what was there of any content. `context` is not kept: it is an entry of its own, with
  // one box.
  void Store(const FeatureEntry& entry, const RegionFeatures& features) const;
  // Whether Store was called for it. Reads the file's header alone, so only Load finds damage
  // behind it.
  bool Contains(const FeatureEntry& entry) const;
  // Whether Store was called for the same picture and part with another content.
  bool ContainsOther(const FeatureEntry& entry) const;

  // Bytes on disk of a picture with this many boxes, for the estimate before a run starts.
  static std::uintmax_t BytesFor(std::size_t boxes, std::size_t feature_dim = kFeatureDim);

 private:
  std::filesystem::path PathOf(const FeatureEntry& entry) const;
  // The content that the entry's file names; nothing where there is no such file.
  std::optional<std::string> ContentIn(const FeatureEntry& entry) const;
  std::filesystem::path directory_;
};

}  // namespace deeper
