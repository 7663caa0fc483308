#include "detector/nearest_object.h"

namespace deeper {

NearestObject FindNearestObject(const Box& box, std::span<const Annotation> annotations) {
  NearestObject nearest;
  for (const Annotation& annotation : annotations) {
    const double iou = Iou(box, annotation.box);
    if (iou > nearest.iou) nearest = {&annotation, iou};
  }
  return nearest;
}

}  // namespace deeper
