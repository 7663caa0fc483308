#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "backbone/kernels/region_pool.h"
#include "backbone/picture_network.h"
#include "core/box.h"
#include "detector/heads/heads.h"

namespace deeper {

// Cheap scores by which the regions are chosen that the network runs on: how likely a window of the
// map shows an object. A window is divided into 3 x 3 parts, of which each looks for something of
// its own (position-sensitive scores, Dai et al. 2016):
//   score = bias + sum_p mean over the cells of part p of w_p . cell
// Cells that a part covers in part count by that part. What lies outside the map is 0.
//
// One that proposes also tells where the object lies that a window shows: each of the four offsets
// is made as the score is, of weights of its own.
struct RegionRanker {
  static constexpr std::size_t kParts = 3;  // along each side
  static constexpr std::size_t kPartCount = kParts * kParts;
  static constexpr std::size_t kOffsets = BoxOffsets{}.size();

  std::vector<float> weights;  // 9 parts, row by row, x the map's channels
  float bias = 0;
  std::vector<float> offset_weights = {};  // 4 x 9 parts x channels; empty: it does not propose
  std::array<float, kOffsets> offset_biases = {};

  bool Proposes() const { return !offset_weights.empty(); }
  bool operator==(const RegionRanker&) const = default;
};

// A picture's map as a ranker sees it: multiplied by the weights once, so that a window costs a few
// additions. Const, and safe to read from several threads.
class RankedMap {
 public:
  RankedMap(const RegionRanker& ranker, const PictureMap& map);
  RankedMap(RankedMap&&) noexcept;
  ~RankedMap();

  float Score(const kernels::RegionWindow& window) const;
  // Expects a ranker that proposes.
  BoxOffsets Offsets(const kernels::RegionWindow& window) const;

 private:
  class SumsOfPlane;

  // The sum over the parts of a window of the planes from this one on.
  double SumOverParts(const kernels::RegionWindow& window, std::size_t first_plane) const;

  float bias_;
  std::array<float, RegionRanker::kOffsets> offset_biases_;
  std::vector<SumsOfPlane> planes_;  // 9 of the score, then 9 of each offset
};

// The map's values: cells x channels.
std::vector<float> CellsOf(const PictureMap& map);

// What a window's score learns from: to each cell's entry of a part, of `cells` x 9 x outputs, adds
// how much the cell counts in that part times the derivatives with respect to the outputs.
//   cells: height x width
void SpreadOverParts(const kernels::RegionWindow& window,
                     std::span<const float> diff_outputs,
                     std::size_t height,
                     std::size_t width,
                     std::span<float> diff_cells);

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
