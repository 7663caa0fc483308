#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backbone/kernels/region_pool.h"
#include "backbone/picture_network.h"
#include "core/box.h"

namespace deeper {

// Cheap scores by which the regions are chosen that the network runs on: how likely a window of the
// map shows an object. A window is divided into 3 x 3 parts, of which each looks for something of
// its own (position-sensitive scores, Dai et al. 2016):
//   score = bias + sum_p mean over the cells of part p of w_p . cell
// Cells that a part covers in part count by that part. What lies outside the map is 0.
struct RegionRanker {
  static constexpr std::size_t kParts = 3;  // along each side

  std::vector<float> weights;  // 9 parts, row by row, x the map's channels
  float bias = 0;

  bool operator==(const RegionRanker&) const = default;
};

// The scores of windows of a picture's map. The map is multiplied by the weights once; a window
// then costs a few additions. Safe from several threads.
std::vector<float> RankRegions(const RegionRanker& ranker,
                               const PictureMap& map,
                               std::span<const kernels::RegionWindow> windows);

// What the weights of a ranker are multiplied with for one window: 9 parts x channels.
std::vector<float> PartMeans(const PictureMap& map, const kernels::RegionWindow& window);

// The positions of the `count` highest scores, ascending; of equal ones the first.
std::vector<std::size_t> HighestOf(std::span<const float> scores, std::size_t count);

// HighestOf, but boxes that overlap one with a higher score by more than `max_iou` come after all
// others: many boxes of one object would leave no place for the next.
std::vector<std::size_t> HighestApart(std::span<const float> scores,
                                      std::span<const Box> boxes,
                                      std::size_t count,
                                      double max_iou);
// As regions are chosen in detection.
inline constexpr double kChosenApart = 0.75;

}  // namespace deeper
