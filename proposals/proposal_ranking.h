#pragma once

#include <cstdint>
#include <vector>

#include "core/image.h"
#include "core/proposal.h"
#include "core/random.h"
#include "proposals/grouping_features.h"

namespace deeper {

// Width and height in pixels of a frame: the picture as segmented, or as given.
struct FrameSize {
  int width = 0;
  int height = 0;

  bool operator==(const FrameSize&) const = default;
};

// The frame that a picture is resized to: `width_px` wide in its own aspect (0: as it is), then
// shrunk until its area is at most max_area_px; at least 1 px a side.
FrameSize ResizedFrame(FrameSize picture, int width_px, int max_area_px);

// A box of the resized frame with its key of the pseudo-random sorting; smaller is better.
struct KeyedBox {
  PixelBox box;
  double key = 0;

  bool operator==(const KeyedBox&) const = default;
};

// The generator of a picture's keys: the same pixels, size and seed give the same sequence.
Random RandomOfPicture(const Image& image, std::uint64_t seed);

// Uijlings et al. 2013, section 4.2: appends the boxes of a hierarchy, given in the order of its
// merges, each with its position counted from the end (last merge = 1) times a random number in [0,
// 1).
void AppendKeyed(const std::vector<PixelBox>& merged, Random& random, std::vector<KeyedBox>& boxes);

// Appends initial regions, which all stand one position behind the first merge, times a random
// number in [0, 1).
void AppendKeyedInitial(const std::vector<PixelBox>& initial,
                        Random& random,
                        std::vector<KeyedBox>& boxes);

// Proposals of `picture` from boxes of `frame`: sorted by key, ties by box; those under min_side_px
// wide or high dropped; mapped back with rounding outward; duplicates dropped. Ranks count from 0.
// May be empty.
std::vector<Proposal> RankBoxes(std::vector<KeyedBox> boxes,
                                FrameSize frame,
                                FrameSize picture,
                                int min_side_px);

}  // namespace deeper
