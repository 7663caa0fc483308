#include "detector/suppression/nms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include "core/error.h"
#include "core/out_of_range.h"
#include "detector/suppression/detection_order.h"

namespace deeper {
namespace {

bool IsFinite(const Detection& detection) {
  const auto& [x0, y0, x1, y1] = detection.box;
  return std::isfinite(detection.score) && std::isfinite(x0) && std::isfinite(y0) &&
         std::isfinite(x1) && std::isfinite(y1);
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

// For detections sorted by class, then from the best: those that overlap no better one of their
// class by more than max_iou.
std::vector<Detection> KeepBest(const std::vector<Detection>& detections,
                                const NmsOptions& options) {
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
  return kept;
}

// For detections sorted in this way: takes the best of each class again and again. After each, the
// others lose score by their overlap with it (Bodla et al. 2017, equation 3).
std::vector<Detection> KeepSoftly(const std::vector<Detection>& detections,
                                  const NmsOptions& options) {
  std::vector<Detection> kept;
  for (std::size_t begin = 0; begin < detections.size();) {
    const std::span of_class = OfClass(detections, detections[begin].class_id);
    std::vector<Detection> left(of_class.begin(), of_class.end());
    const auto at_most =
        options.max_per_class == 0 ? left.size() : static_cast<std::size_t>(options.max_per_class);
    for (std::size_t taken = 0; !left.empty() && taken < at_most; ++taken) {
      const auto best = std::min_element(left.begin(), left.end(), IsBetter);
      const Detection chosen = *best;
      left.erase(best);
      kept.push_back(chosen);
      for (Detection& other : left) {
        if (other.score <= 0) continue;  // a factor below 1 would raise it
        const double iou = Iou(chosen.box, other.box);
        other.score *= static_cast<float>(std::exp(-iou * iou / options.soft_sigma));
      }
    }
    begin += of_class.size();
  }
  return kept;
}

}  // namespace

void NmsOptions::Validate() const {
  RequireInRange("max_iou", max_iou, 0, 1);
  if (max_per_class < 0)
    throw OutOfRange("max_per_class", max_per_class, "at least 0, where 0 keeps all");
  RequireInRange("vote_iou", vote_iou, 0, 1);
  if (!(soft_sigma >= 0 && std::isfinite(soft_sigma)))
    throw OutOfRange("soft_sigma", soft_sigma, "at least 0, where 0 suppresses wholly");
  if (!std::isfinite(vote_offset)) throw Error("nms vote_offset: expected a finite number");
}

std::vector<Detection> SuppressNonMaxima(std::vector<Detection> detections,
                                         const NmsOptions& options) {
  std::erase_if(detections, [](const Detection& d) { return !IsFinite(d); });
  std::sort(detections.begin(), detections.end(), IsOfLowerClassOrBetter);

  std::vector<Detection> kept =
      options.soft_sigma > 0 ? KeepSoftly(detections, options) : KeepBest(detections, options);
  if (options.vote_iou > 0) {
    for (Detection& detection : kept) {
      detection.box = VotedBox(detection, OfClass(detections, detection.class_id), options);
    }
  }
  std::sort(kept.begin(), kept.end(), IsBetter);
  return kept;
}

}  // namespace deeper
