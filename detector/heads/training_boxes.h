#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"

namespace deeper {

// Which boxes of a training picture to extract: its annotations' boxes first, in their order, then
// at most max_proposals of the proposals, in theirs.
//
// Proposals that overlap an object (IoU >= 0.3 with any) serve regression, and the SVMs ignore
// them. They get up to half of the seats, and those that the others leave empty. If there are more
// proposals than seats, a sample is drawn that is even over the ranks, seeded by `seed` and the
// picture's id.
std::vector<Box> SampleTrainingBoxes(const AnnotatedImage& image,
                                     const std::vector<Box>& proposals,
                                     std::size_t max_proposals,
                                     std::uint64_t seed);

// The proposals that box regression learns from, at most `count`, evenly over their order. A
// proposal is one of them if its IoU with the object that it overlaps most is above min_iou, and
// that object is not difficult.
std::vector<Box> SampleBoxesToMove(const AnnotatedImage& image,
                                   const std::vector<Box>& proposals,
                                   double min_iou,
                                   std::size_t count);

}  // namespace deeper
