#pragma once

#include <span>

#include "core/box.h"
#include "core/dataset.h"

namespace deeper {

// The object that a box overlaps most.
struct NearestObject {
  const Annotation* annotation = nullptr;  // null where the box overlaps none; one of those given
  double iou = 0;
};

// Of several that it overlaps as much, the first.
NearestObject FindNearestObject(const Box& box, std::span<const Annotation> annotations);

// The object that box regression learns to move the box to: the nearest, if the box overlaps it by
// more than min_iou and it is not difficult; else null.
const Annotation* FindObjectToMoveTo(const Box& box,
                                     std::span<const Annotation> annotations,
                                     double min_iou);

}  // namespace deeper
