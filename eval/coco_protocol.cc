#include "eval/coco_protocol.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "eval/average_precision.h"

namespace deeper {
namespace {

struct AreaRange {
  double low, high;  // square pixels, both included

  bool Holds(double area) const { return area >= low && area <= high; }
};
constexpr double kSmall = 32 * 32;
constexpr double kMedium = 96 * 96;
constexpr double kLarge = 1e10;
constexpr std::array<AreaRange, kCocoAreas> kAreas = {
    {{0, kLarge}, {0, kSmall}, {kSmall, kMedium}, {kMedium, kLarge}}};

bool Counts(const TrueObject& object, const AreaRange& range) {
  return !object.crowd && range.Holds(object.area_px);
}

// COCO's overlap: with a crowd, the part of the detection that lies inside.
double CocoOverlap(const Box& detection, const TrueObject& object) {
  if (!object.crowd) return Iou(detection, object.box);
  const double area = Area(detection);
  return area > 0 ? IntersectionArea(detection, object.box) / area : 0;
}

// Overlaps of all detections of a picture with all objects: detections x objects, row-major.
class Overlaps {
 public:
  Overlaps(std::span<const RankedDetection> detections, std::span<const TrueObject> objects)
      : columns_(objects.size()) {
    values_.reserve(detections.size() * objects.size());
    for (const RankedDetection& detection : detections) {
      for (const TrueObject& object : objects) {
        values_.push_back(CocoOverlap(detection.box, object));
      }
    }
  }
  double At(std::size_t detection, std::size_t object) const {
    return values_[detection * columns_ + object];
  }

 private:
  std::size_t columns_;
  std::vector<double> values_;
};

// Objects of a picture as one area range sees them: those that count come first; otherwise in their
// order.
struct View {
  std::vector<std::size_t> order;  // positions in the objects
  std::size_t counting = 0;        // how many of them count
};

View ViewOf(std::span<const TrueObject> objects, const AreaRange& range) {
  View view;
  view.order.resize(objects.size());
  std::iota(view.order.begin(), view.order.end(), std::size_t{0});
  const auto ignored =
      std::stable_partition(view.order.begin(), view.order.end(), [&](std::size_t i) {
        return Counts(objects[i], range);
      });
  view.counting = static_cast<std::size_t>(ignored - view.order.begin());
  return view;
}

// The object that the detection takes, as a position in view.order.
std::optional<std::size_t> Take(std::size_t detection,
                                const View& view,
                                const Overlaps& overlaps,
                                std::span<const TrueObject> objects,
                                const std::vector<bool>& taken,
                                double threshold) {
  std::optional<std::size_t> best;
  double least = std::min(threshold, 1 - 1e-10);  // as pycocotools
  for (std::size_t i = 0; i < view.order.size(); ++i) {
    const std::size_t object = view.order[i];
    if (taken[object] && !objects[object].crowd) continue;
    if (best && *best < view.counting && i >= view.counting) break;
    const double overlap = overlaps.At(detection, object);
    if (overlap < least) continue;
    least = overlap;
    best = i;
  }
  return best;
}

// The taken object that makes an unmatched detection a duplicate.
Match DuplicateOrFalse(std::size_t detection,
                       const Overlaps& overlaps,
                       const std::vector<bool>& taken) {
  Match match;
  for (std::size_t object = 0; object < taken.size(); ++object) {
    const double overlap = overlaps.At(detection, object);
    if (!taken[object] || overlap < CocoIou(0) || overlap <= match.iou) continue;
    match = {.verdict = Verdict::kDuplicate, .object = object, .iou = overlap};
  }
  return match;
}

void SetBit(std::uint16_t& bits, std::size_t i) {
  bits = static_cast<std::uint16_t>(bits | 1U << i);
}
bool IsSet(std::uint32_t bits, std::size_t i) { return (bits >> i & 1U) != 0; }

double AveragePrecisionAt(std::span<const CocoOutcome> outcomes,
                          std::size_t objects,
                          std::size_t area,
                          std::size_t iou) {
  PrecisionRecallCurve curve;
  std::size_t counted = 0;
  std::size_t found = 0;
  for (const CocoOutcome& outcome : outcomes) {
    if (IsSet(outcome.ignored.at(area), iou)) continue;
    ++counted;
    if (IsSet(outcome.found.at(area), iou)) ++found;
    curve.precision.push_back(static_cast<double>(found) / static_cast<double>(counted));
    curve.recall.push_back(static_cast<double>(found) / static_cast<double>(objects));
  }
  return AveragePrecisionAt101Points(curve);
}

double RecallAt(std::span<const CocoOutcome> outcomes,
                std::size_t objects,
                std::size_t area,
                std::size_t most) {
  std::size_t found = 0;  // over all thresholds
  for (const CocoOutcome& outcome : outcomes) {
    if (outcome.rank >= most) continue;
    for (std::size_t t = 0; t < kCocoIous; ++t) {
      if (IsSet(outcome.found.at(area), t)) ++found;
    }
  }
  return static_cast<double>(found) / static_cast<double>(kCocoIous * objects);
}

}  // namespace

double CocoIou(std::size_t i) {
  constexpr double kStep = (0.95 - 0.5) / 9;
  return i + 1 == kCocoIous ? 0.95 : 0.5 + static_cast<double>(i) * kStep;
}

CocoImageResult MatchCoco(std::span<const RankedDetection> detections,
                          std::span<const TrueObject> objects) {
  detections = detections.first(std::min(detections.size(), kCocoDetections));
  CocoImageResult result;
  for (std::size_t d = 0; d < detections.size(); ++d) {
    result.outcomes.push_back({.score = detections[d].score,
                               .image = detections[d].image,
                               .rank = static_cast<std::uint16_t>(d)});
  }
  result.matches.resize(detections.size());
  const Overlaps overlaps(detections, objects);
  for (std::size_t a = 0; a < kCocoAreas; ++a) {
    const View view = ViewOf(objects, kAreas.at(a));
    for (std::size_t t = 0; t < kCocoIous; ++t) {
      std::vector<bool> taken(objects.size(), false);
      for (std::size_t d = 0; d < detections.size(); ++d) {
        CocoOutcome& outcome = result.outcomes[d];
        const auto best = Take(d, view, overlaps, objects, taken, CocoIou(t));
        const bool counts =
            best ? *best < view.counting : kAreas.at(a).Holds(Area(detections[d].box));
        if (!counts) SetBit(outcome.ignored.at(a), t);
        if (best && counts) SetBit(outcome.found.at(a), t);
        if (a == 0 && t == 0) {
          if (best) {
            const std::size_t object = view.order[*best];
            result.matches[d] = {.verdict = counts ? Verdict::kTruePositive : Verdict::kIgnored,
                                 .object = object,
                                 .iou = overlaps.At(d, object)};
          } else {
            result.matches[d] = DuplicateOrFalse(d, overlaps, taken);
          }
        }
        if (best) taken[view.order[*best]] = true;
      }
    }
  }
  return result;
}

std::array<std::size_t, kCocoAreas> CountCocoObjects(std::span<const TrueObject> objects) {
  std::array<std::size_t, kCocoAreas> counts{};
  for (const TrueObject& object : objects) {
    for (std::size_t a = 0; a < kCocoAreas; ++a) {
      if (Counts(object, kAreas.at(a))) ++counts.at(a);
    }
  }
  return counts;
}

CocoNumbers CocoNumbersOf(std::span<const CocoOutcome> outcomes,
                          const std::array<std::size_t, kCocoAreas>& objects) {
  constexpr std::size_t kAp75 = 5;  // the threshold .75
  CocoNumbers numbers;
  for (std::size_t a = 0; a < kCocoAreas; ++a) {
    if (objects.at(a) == 0) continue;
    double sum = 0;
    for (std::size_t t = 0; t < kCocoIous; ++t) {
      const double ap = AveragePrecisionAt(outcomes, objects.at(a), a, t);
      sum += ap;
      if (a == 0 && t == 0) numbers[1] = ap;
      if (a == 0 && t == kAp75) numbers[2] = ap;
    }
    numbers.at(a == 0 ? 0 : 2 + a) = sum / kCocoIous;
    if (a > 0) numbers.at(8 + a) = RecallAt(outcomes, objects.at(a), a, kCocoDetections);
  }
  if (objects[0] > 0) {
    numbers[6] = RecallAt(outcomes, objects[0], 0, 1);
    numbers[7] = RecallAt(outcomes, objects[0], 0, 10);
    numbers[8] = RecallAt(outcomes, objects[0], 0, kCocoDetections);
  }
  return numbers;
}

CocoNumbers MeanOf(std::span<const CocoNumbers> classes) {
  CocoNumbers mean;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    double sum = 0;
    std::size_t count = 0;
    for (const CocoNumbers& numbers : classes) {
      if (!numbers.at(i)) continue;
      sum += *numbers.at(i);
      ++count;
    }
    if (count > 0) mean.at(i) = sum / static_cast<double>(count);
  }
  return mean;
}

}  // namespace deeper
