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

// The frame that a picture is resized to: `width_px` wide with its aspect kept (0: its own width),
// then shrunk until its area is at most max_area_px. At least 1 px per side.
FrameSize ResizedFrame(FrameSize picture, int width_px, int max_area_px);

// A box of the resized frame with its key for the pseudo-random sorting; smaller is better.
struct KeyedBox {
  PixelBox box;
  double key = 0;

  bool operator==(const KeyedBox&) const = default;
};

// The generator of a picture's keys. The same pixels, size and seed give the same sequence.
Random RandomOfPicture(const Image& image, std::uint64_t seed);

// Appends the boxes of a hierarchy, given in the order of its merges (Uijlings et al. 2013, section
// 4.2). A key is the position counted from the end (last merge = 1) times a random number in [0,
// 1).
void AppendKeyed(const std::vector<PixelBox>& merged, Random& random, std::vector<KeyedBox>& boxes);

// Appends initial regions. All have the position one behind the first merge, times a random number
// in [0, 1).
void AppendKeyedInitial(const std::vector<PixelBox>& initial,
                        Random& random,
                        std::vector<KeyedBox>& boxes);

// Returns the proposals of `picture` from boxes of `frame`: sorted by key, ties by box. Boxes under
// min_side_px wide or high are dropped. The others are mapped to the picture, rounding outward, and
// duplicates are dropped. Ranks count from 0. May be empty.
std::vector<Proposal> RankBoxes(std::vector<KeyedBox> boxes,
                                FrameSize frame,
                                FrameSize picture,
                                int min_side_px);

}  // namespace deeper
