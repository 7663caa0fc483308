#pragma once

#include <span>

#include "core/box.h"
#include "core/dataset.h"

namespace deeper {

// The object that a box overlaps most.
struct NearestObject {
  const Annotation* annotation = nullptr;  // one of those given; null if the box overlaps none
  double iou = 0;
};

// The first of several that the box overlaps equally.
NearestObject FindNearestObject(const Box& box, std::span<const Annotation> annotations);

// The object that box regression learns to move the box to: the nearest, if the box overlaps it by
// more than min_iou and it is not difficult. Else null.
const Annotation* FindObjectToMoveTo(const Box& box,
                                     std::span<const Annotation> annotations,
                                     double min_iou);

}  // namespace deeper
