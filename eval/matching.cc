#include "eval/matching.h"

#include <algorithm>

namespace deeper {

double IlsvrcThreshold(const Box& object, double base) {
  const double w = double{object.x1} - double{object.x0};
  const double h = double{object.y1} - double{object.y0};
  return std::min(base, w * h / ((w + 10) * (h + 10)));
}

Verdict MatchIlsvrc(const Box& detection, std::span<TrueObject> objects_of_image, double base_iou) {
  TrueObject* best = nullptr;
  double best_iou = 0;
  for (TrueObject& object : objects_of_image) {
    if (object.matched) continue;
    const double iou = Iou(detection, object.box);
    if (iou > best_iou && iou >= IlsvrcThreshold(object.box, base_iou)) {
      best = &object;
      best_iou = iou;
    }
  }
  if (best == nullptr) return Verdict::kFalsePositive;
  best->matched = true;
  return Verdict::kTruePositive;
}

Verdict MatchVoc(const Box& detection, std::span<TrueObject> objects_of_image, double min_iou) {
  TrueObject* best = nullptr;
  double best_iou = 0;
  for (TrueObject& object : objects_of_image) {
    const double iou = Iou(detection, object.box);
    if (iou > best_iou) {
      best = &object;
      best_iou = iou;
    }
  }
  if (best == nullptr || best_iou < min_iou) return Verdict::kFalsePositive;
  if (best->difficult) return Verdict::kIgnored;
  if (best->matched) return Verdict::kFalsePositive;
  best->matched = true;
  return Verdict::kTruePositive;
}

}  // namespace deeper
