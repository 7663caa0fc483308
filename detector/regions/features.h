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
#include "detector/heads/region_features.h"
#include "detector/regions/crop.h"

namespace deeper {

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

}  // namespace deeper
