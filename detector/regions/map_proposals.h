#pragma once

#include <cstddef>
#include <vector>

#include "core/box.h"
#include "detector/regions/picture_frame.h"
#include "detector/regions/region_ranker.h"

namespace deeper {

// Proposals from the picture's map itself, as a region proposal network makes them (Ren et al.
// 2015, section 3.1): boxes of many sizes and shapes all over the picture, the anchors, are scored,
// and the best are moved to the objects that they show.

// The anchors, in the frame's pixels, clipped to the picture; those of which little is inside are
// left out. Neighbours are a sixth of their size apart, or a cell of the map where that is more.
std::vector<Box> AnchorsOf(const PictureFrame& frame);

// The window of the map that shows a box of the frame's pixels.
kernels::RegionWindow WindowInFrame(const Box& box, const PictureFrame& frame);

// Where the object lies by the ranker that this box shows, clipped to the picture; both in the
// frame's pixels.
Box MovedOnMap(const RankedMap& map, const Box& box, const PictureFrame& frame);

struct ScoredBoxes {
  std::vector<Box> boxes;     // in the picture's pixels
  std::vector<float> scores;  // by the map, one each
};
// Proposals before any suppression: the best anchors, moved twice.
inline constexpr std::size_t kMostMapProposals = 2000;

// Proposes boxes of a picture of this size, which lies in `frame`. Expects the map of that frame,
// by a ranker that proposes.
ScoredBoxes ProposeOnMap(const RankedMap& map, const PictureFrame& frame, int width, int height);

// These boxes of the picture with their scores, and behind them, if it is to propose, those of
// ProposeOnMap.
ScoredBoxes CandidatesOnMap(const RankedMap& map,
                            std::vector<Box> boxes,
                            bool proposes,
                            const PictureFrame& frame,
                            int width,
                            int height);

// The best of them, near-duplicates last (HighestApart), in their order.
std::vector<Box> ChosenOf(const ScoredBoxes& candidates, std::size_t most);

}  // namespace deeper
