#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "detector/heads/region_features.h"

namespace deeper {

// A directory with one safetensors file of extracted features per picture, so that a run can stop
// and continue, and heads can be tried without the network. The tensors, f32 and exact:
//   "boxes"     n x 4
//   "features"  n x dim
//   "offsets"   n x 4 per regressor, if there are any
// Files appear whole or not at all. Safe from several threads on different pictures.
class FeatureCache {
 public:
  // Opens or makes `directory`. `recipe` says as text what the features depend on (backbone,
  // precision, crop, proposals, data). Throws Error showing both recipes when the directory was
  // made with another.
  FeatureCache(std::filesystem::path directory, const std::string& recipe);

  // The picture's features; nothing when they are not there yet. A damaged file is removed and
  // counts as missing.
  std::optional<RegionFeatures> Load(const std::string& image_id) const;
  // Replaces what was there. `context` is not kept: it is an entry of its own, with one box. Any
  // text is an id; "../x" and "/x" stay inside the directory.
  void Store(const std::string& image_id, const RegionFeatures& features) const;
  // Whether Store was called for it. Does not open the file, so only Load finds a damaged one.
  bool Contains(const std::string& image_id) const;

  // Bytes on disk of a picture with this many boxes, for the estimate before a run starts.
  static std::uintmax_t BytesFor(std::size_t boxes, std::size_t feature_dim = kFeatureDim);

 private:
  std::filesystem::path PathOf(const std::string& image_id) const;
  std::filesystem::path directory_;
};

}  // namespace deeper
