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
#include "detector/regions/region_extractor.h"

namespace deeper {

// Computes features of regions. The crops of a picture are spread over the threads of the caller's
// oneTBB arena, each with a workspace of its own. Boxes with the same crop share its features. Safe
// from several threads.
class FeatureExtractor : public RegionExtractor {
 public:
  // `network` must outlive this. Throws Error when the crops do not have the side that it reads, or
  // when its quantization was measured on crops with another mean.
  FeatureExtractor(const Network& network, const CropOptions& crop);
  // For all networks of a family, whose features are of the same crops. box_regressions: one per
  // network, or none at all; each must outlive this, and may be null. Those that read profiles set
  // the regions' offsets.
  FeatureExtractor(NetworkFamily networks,
                   const CropOptions& crop,
                   std::vector<const BoxRegression*> box_regressions = {});
  ~FeatureExtractor() override;

  // Features of the crops of `boxes`, in their order. Adds to times.crop_s and times.network_s.
  // Expects one network.
  RegionFeatures Extract(const Image& image, const std::vector<Box>& boxes, StageTimes& times);
  // Features of the whole picture as one box.
  RegionFeatures ExtractWhole(const Image& image, StageTimes& times);
  // What Extract would return for each network of the family.
  std::vector<RegionFeatures> ExtractForAll(const Image& image,
                                            const std::vector<Box>& boxes,
                                            StageTimes& times) override;
  // ExtractForAll with the unit profiles of the crops in place of features:
  //   boxes x kProfileDim, row-major.
  // A unit profile is that of the last map divided by the length of the crop's features, or zeros
  // if the length is 0.
  std::vector<RegionFeatures> ExtractProfilesForAll(const Image& image,
                                                    const std::vector<Box>& boxes,
                                                    StageTimes& times);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Networks, by their positions in a list, that read the same crops and share their first rows. A
// FeatureExtractor takes them as one NetworkFamily.
struct FamilyMembers {
  std::vector<std::size_t> positions;  // ascending
  std::size_t shared_rows = 0;         // 0 for one alone
};
// Puts each network into the earlier family with which it has the most rows in common: at least
// one, and not fewer than the family's members have. If there is none, it begins a family.
// row_fingerprints: RowFingerprints of each network; crops: parallel to them.
std::vector<FamilyMembers> GroupIntoFamilies(
    std::span<const std::vector<std::string>> row_fingerprints, std::span<const CropOptions> crops);

}  // namespace deeper
