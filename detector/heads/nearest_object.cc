#include "detector/heads/nearest_object.h"

namespace deeper {

NearestObject FindNearestObject(const Box& box, std::span<const Annotation> annotations) {
  NearestObject nearest;
  for (const Annotation& annotation : annotations) {
    const double iou = Iou(box, annotation.box);
    if (iou > nearest.iou) nearest = {&annotation, iou};
  }
  return nearest;
}

const Annotation* FindObjectToMoveTo(const Box& box,
                                     std::span<const Annotation> annotations,
                                     double min_iou) {
  const NearestObject nearest = FindNearestObject(box, annotations);
  if (nearest.annotation == nullptr || nearest.annotation->difficult) return nullptr;
  return nearest.iou > min_iou ? nearest.annotation : nullptr;
}

}  // namespace deeper
