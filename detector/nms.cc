#include "detector/nms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>

#include "core/error.h"

namespace deeper {
namespace {

bool IsFinite(const Detection& detection) {
  const auto& [x0, y0, x1, y1] = detection.box;
  return std::isfinite(detection.score) && std::isfinite(x0) && std::isfinite(y0) &&
         std::isfinite(x1) && std::isfinite(y1);
}

// Whether `a` comes before `b`: by descending score, ties by class, then by box.
bool IsBetter(const Detection& a, const Detection& b) {
  const auto key = [](const Detection& d) {
    return std::tuple(-d.score, d.class_id, d.box.x0, d.box.y0, d.box.x1, d.box.y1);
  };
  return key(a) < key(b);
}

bool IsOfLowerClassOrBetter(const Detection& a, const Detection& b) {
  return a.class_id != b.class_id ? a.class_id < b.class_id : IsBetter(a, b);
}

// The mean of the boxes among `candidates` that vote for `kept`, all of one class.
Box VotedBox(const Detection& kept,
             std::span<const Detection> candidates,
             const NmsOptions& options) {
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;
  double weights = 0;
  for (const Detection& candidate : candidates) {
    const double weight = std::max(0.0, double{candidate.score} + options.vote_offset);
    if (weight == 0 || Iou(kept.box, candidate.box) < options.vote_iou) continue;
    x0 += weight * double{candidate.box.x0};
    y0 += weight * double{candidate.box.y0};
    x1 += weight * double{candidate.box.x1};
    y1 += weight * double{candidate.box.y1};
    weights += weight;
  }
  if (weights == 0) return kept.box;
  return {.x0 = static_cast<float>(x0 / weights),
          .y0 = static_cast<float>(y0 / weights),
          .x1 = static_cast<float>(x1 / weights),
          .y1 = static_cast<float>(y1 / weights)};
}

// The part of `detections`, which are sorted by class, that has this class.
std::span<const Detection> OfClass(std::span<const Detection> detections, ClassId class_id) {
  const auto begin = std::ranges::lower_bound(detections, class_id, {}, &Detection::class_id);
  const auto end = std::ranges::upper_bound(detections, class_id, {}, &Detection::class_id);
  return {begin, end};
}

}  // namespace

void NmsOptions::Validate() const {
  if (!(max_iou >= 0 && max_iou <= 1)) {
    throw Error("nms max_iou = " + std::to_string(max_iou) + ": expected 0 to 1");
  }
  if (max_per_class < 0) {
    throw Error("nms max_per_class = " + std::to_string(max_per_class) +
                ": expected at least 0, where 0 keeps all");
  }
  if (!(vote_iou >= 0 && vote_iou <= 1)) {
    throw Error("nms vote_iou = " + std::to_string(vote_iou) + ": expected 0 to 1");
  }
  if (!std::isfinite(vote_offset)) throw Error("nms vote_offset: expected a finite number");
}

std::vector<Detection> SuppressNonMaxima(std::vector<Detection> detections,
                                         const NmsOptions& options) {
  std::erase_if(detections, [](const Detection& d) { return !IsFinite(d); });
  std::sort(detections.begin(), detections.end(), IsOfLowerClassOrBetter);

  std::vector<Detection> kept;
  std::size_t class_begin = 0;  // where the kept ones of the current class begin
  for (const Detection& candidate : detections) {
    if (!kept.empty() && kept.back().class_id != candidate.class_id) class_begin = kept.size();
    if (options.max_per_class > 0 &&
        kept.size() - class_begin >= static_cast<std::size_t>(options.max_per_class)) {
      continue;
    }
    const bool is_suppressed = std::any_of(
        kept.begin() + static_cast<std::ptrdiff_t>(class_begin),
        kept.end(),
        [&](const Detection& better) { return Iou(better.box, candidate.box) > options.max_iou; });
    if (!is_suppressed) kept.push_back(candidate);
  }
  if (options.vote_iou > 0) {
    for (Detection& detection : kept) {
      detection.box = VotedBox(detection, OfClass(detections, detection.class_id), options);
    }
  }
  std::sort(kept.begin(), kept.end(), IsBetter);
  return kept;
}

}  // namespace deeper
