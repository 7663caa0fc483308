#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "backbone/picture_network.h"
#include "core/box.h"
#include "core/image.h"
#include "detector/heads/heads.h"
#include "detector/heads/region_features.h"
#include "detector/regions/crop.h"
#include "detector/regions/picture_frame.h"
#include "detector/regions/region_extractor.h"
#include "detector/regions/region_ranker.h"

namespace deeper {

// The regions that the network runs on: those that `ranker` scores highest, of the boxes that are
// given and, if it is to, those that it proposes itself.
struct RegionChoice {
  RegionRanker ranker;
  std::size_t most = 300;
  bool proposes = false;  // expects a ranker that can
};

// Computes features of regions from the map of the whole picture (Fast R-CNN): the trunk runs once
// a picture, on one thread. The regions are spread over the threads of its oneTBB arena,
// each with a workspace of its own. Boxes with the same window share its features.
class PictureFeatureExtractor : public RegionExtractor {
 public:
  // `network` must outlive this. mean_bgr: subtracted from pictures. choice: of the boxes
  // that are looked at; without it all are. regression: one that reads profiles sets the offsets of
  // the regions; it must outlive this, and may be null. Throws Error when the
  // network's quantization was measured on pictures with another mean.
  PictureFeatureExtractor(const PictureNetwork& network,
                          const PictureScale& scale,
                          const std::array<float, 3>& mean_bgr,
                          std::optional<RegionChoice> choice = std::nullopt,
                          const BoxRegression* regression = nullptr);
  ~PictureFeatureExtractor() override;

  // One item, of the network. It has the boxes that were chosen, in their order, those of the map
  // behind the others.
  std::vector<RegionFeatures> ExtractForAll(const Image& image,
                                            const std::vector<Box>& boxes,
                                            StageTimes& times) override;
  // The trunk runs meanwhile.
  std::vector<RegionFeatures> ExtractProposed(const Image& image,
                                              const std::function<std::vector<Box>()>& propose,
                                              StageTimes& times) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deeper
