#include "eval/matching.h"

#include <algorithm>
#include <utility>

namespace deeper {
namespace {

// The object with the highest IoU (the first of equals) among those that `reached(object, iou)`
// admits, with its verdict; a false positive when there is none. IoU 0 is no overlap.
template <typename Reached>
Match BestObject(const Box& detection,
                 std::span<const TrueObject> objects,
                 Verdict verdict,
                 const Reached& reached) {
  Match best;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const double iou = Iou(detection, objects[i].box);
    if (iou > best.iou && reached(objects[i], iou)) {
      best = {.verdict = verdict, .object = i, .iou = iou};
    }
  }
  return best;
}

}  // namespace

double IlsvrcThreshold(const Box& object, double base) {
  const double w = double{object.x1} - double{object.x0};
  const double h = double{object.y1} - double{object.y0};
  return std::min(base, w * h / ((w + 10) * (h + 10)));
}

Match MatchIlsvrc(const Box& detection, std::span<TrueObject> objects_of_image, double base_iou) {
  const auto reached = [&](bool matched) {
    return [matched, base_iou](const TrueObject& object, double iou) {
      return object.matched == matched && iou >= IlsvrcThreshold(object.box, base_iou);
    };
  };
  const Match match =
      BestObject(detection, objects_of_image, Verdict::kTruePositive, reached(false));
  if (match.object) {
    objects_of_image[*match.object].matched = true;
    return match;
  }
  return BestObject(detection, objects_of_image, Verdict::kDuplicate, reached(true));
}

Match MatchVoc(const Box& detection, std::span<TrueObject> objects_of_image, double min_iou) {
  const auto any = [](const TrueObject&, double) { return true; };
  Match match = BestObject(detection, objects_of_image, Verdict::kTruePositive, any);
  if (!match.object || match.iou < min_iou) return {};
  TrueObject& object = objects_of_image[*match.object];
  if (object.difficult) {
    match.verdict = Verdict::kIgnored;
  } else if (std::exchange(object.matched, true)) {
    match.verdict = Verdict::kDuplicate;
  }
  return match;
}

}  // namespace deeper
