#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "backbone/network_family.h"
#include "core/box.h"
#include "core/image.h"
#include "detector/heads/heads.h"
#include "detector/regions/crop.h"

namespace deeper {

// Boxes of one picture and what the backbone makes of their crops: its unscaled pool5 features, or
// the unit profiles of its last map (ExtractProfilesForAll).
struct RegionFeatures {
  int image_width = 0;
  int image_height = 0;
  std::size_t feature_dim = kFeatureDim;
  std::vector<Box> boxes;
  std::vector<float> features;  // boxes x feature_dim, row-major
  // feature_dim values of the whole picture, unscaled as the others; empty where nobody asks for
  // them.
  std::vector<float> context = {};
  // Where a box regression that reads profiles moves the boxes: boxes x regressors x 4, row-major;
  // empty without one.
  std::vector<float> offsets = {};

  std::span<const float> Row(std::size_t i) const {
    return std::span(features).subspan(i * feature_dim, feature_dim);
  }
  bool operator==(const RegionFeatures&) const = default;
};

// Seconds that one picture spent in each stage, summed over the threads that worked on it.
struct StageTimes {
  double decode_s = 0;
  double proposals_s = 0;
  double crop_s = 0;
  double network_s = 0;
  double heads_s = 0;

  StageTimes& operator+=(const StageTimes& other);
};

// Computes features of regions: the crops of a picture are spread over the threads of the oneTBB
// arena that calls, each with a workspace of its own. Boxes with one and the same crop share its
// features. Safe from several threads.
class FeatureExtractor {
 public:
  // `network` must outlive this. Throws Error when the crops are not of the side that it reads, or
  // when its quantization was measured on crops of another mean.
  FeatureExtractor(const Network& network, const CropOptions& crop);
  // The same for all networks of a family, whose features are of the same crops. box_regressions:
  // one a network, or none at all; each must outlive this, and may be null. Those that read
  // profiles give the regions their offsets.
  FeatureExtractor(NetworkFamily networks,
                   const CropOptions& crop,
                   std::vector<const BoxRegression*> box_regressions = {});
  FeatureExtractor(FeatureExtractor&&) noexcept;
  ~FeatureExtractor();

  // Features of the crops of `boxes`, in their order. Adds to times.crop_s and times.network_s.
  // Expects one network.
  RegionFeatures Extract(const Image& image, const std::vector<Box>& boxes, StageTimes& times);
  // Features of the whole picture as one box.
  RegionFeatures ExtractWhole(const Image& image, StageTimes& times);
  // What Extract would give for each network of the family.
  std::vector<RegionFeatures> ExtractForAll(const Image& image,
                                            const std::vector<Box>& boxes,
                                            StageTimes& times);
  // The same with the unit profiles of the crops, kProfileDim values a box, in place of features:
  // those of the last map divided by the length of the crop's features, or zeros where that is 0.
  std::vector<RegionFeatures> ExtractProfilesForAll(const Image& image,
                                                    const std::vector<Box>& boxes,
                                                    StageTimes& times);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Networks, by their positions in a list, that read the same crops and have their first rows in
// common, so that a FeatureExtractor takes them as one NetworkFamily.
struct FamilyMembers {
  std::vector<std::size_t> positions;  // ascending
  std::size_t shared_rows = 0;         // 0 of one alone
};
// Puts each network into the family before it with which it has the most rows in common, at least
// one and not fewer than those in it have, or else into one of its own. row_fingerprints:
// RowFingerprints of each; crops: parallel to them.
std::vector<FamilyMembers> GroupIntoFamilies(
    std::span<const std::vector<std::string>> row_fingerprints, std::span<const CropOptions> crops);

// A directory with one safetensors file a picture of what was extracted, so that a run can stop and
// go on, and heads can be tried without the network: "boxes" (n, 4), "features" (n, dim) and, where
// there are any, "offsets" (n, 4 a regressor), f32, exact. Files appear whole or not at all. Safe
// from several threads on different pictures.
class FeatureCache {
 public:
  // Opens or makes `directory`. `recipe` says what the features depend on (backbone, precision,
  // crop, proposals, data), as text; throws Error showing both when the directory was made with
  // another recipe.
  FeatureCache(std::filesystem::path directory, const std::string& recipe);

  // The picture's features; nothing when they are not there yet. A damaged file is removed, and
  // counts as not there.
  std::optional<RegionFeatures> Load(const std::string& image_id) const;
  // Replaces what was there. `context` is not kept: it is an entry of its own, of one box. Any text
  // is an id; "../x" and "/x" stay inside the directory.
  void Store(const std::string& image_id, const RegionFeatures& features) const;
  // Whether Store was called for it. Does not open the file, so a damaged one is found by Load
  // alone.
  bool Contains(const std::string& image_id) const;

  // Bytes on disk of a picture with this many boxes, for the estimate before a run starts.
  static std::uintmax_t BytesFor(std::size_t boxes, std::size_t feature_dim = kFeatureDim);

 private:
  std::filesystem::path PathOf(const std::string& image_id) const;
  std::filesystem::path directory_;
};

}  // namespace deeper
