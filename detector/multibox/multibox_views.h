#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/box.h"
#include "detector/multibox/multibox.h"

namespace deeper {

// How much of a picture MultiBox looks at.
enum class MultiBoxViews {
  kWhole,  // all of it, once (Erhan et al. 2014; Szegedy et al. 2014, section 8)
  kParts,  // and 14 overlapping parts of it, in which small objects look larger, as random crops
           // made them look in training
};

std::string NameOf(MultiBoxViews views);                       // "whole", "parts"
MultiBoxViews MultiBoxViewsFromName(const std::string& name);  // throws Error listing them

// The parts that it looks at in a picture of this size, the whole first. Expects a picture with
// pixels.
std::vector<Box> PartsOf(MultiBoxViews views, int width_px, int height_px);

// Boxes that were found in `part`, as boxes of the whole picture. A box within 2% of an edge of the
// part that is inside the picture is dropped: it shows an object that continues outside. Expects a
// part that is not empty.
std::vector<ScoredUnitBox> BoxesOfPicture(const std::vector<ScoredUnitBox>& boxes_of_part,
                                          const Box& part,
                                          int width_px,
                                          int height_px);

// The `count` most confident boxes, by descending confidence. Boxes whose IoU with a more confident
// one is above 0.7 are dropped, and so are empty ones.
std::vector<ScoredUnitBox> MostConfident(std::vector<ScoredUnitBox> boxes, std::size_t count);

}  // namespace deeper
