#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"
#include "core/random.h"
#include "detector/examples/mapped_picture.h"
#include "detector/regions/region_ranker.h"

namespace deeper {

// A window that a ranker learns from, in the frame's pixels.
struct RankerExample {
  Box box;
  std::optional<Box> object = std::nullopt;  // that it shows; nothing: background
};

struct RankerSamplingOptions {
  std::size_t regions = 256;     // of a picture: half anchors, half proposals, some moved besides
  double foreground_iou = 0.55;  // windows that overlap an object by this much show it
};

// What a ranker learns from a picture: anchors and proposals that show objects, some of these where
// the ranker moves them, and as many windows that show none, of which half are those that it takes
// for objects. map: of the picture, by the ranker as it is now. The same random numbers give the
// same.
std::vector<RankerExample> DrawRankerExamples(const MappedPicture& picture,
                                              const AnnotatedImage& image,
                                              const std::vector<Box>& proposals,
                                              const RankedMap& map,
                                              const RankerSamplingOptions& options,
                                              Random& random);

}  // namespace deeper
