#include "eval/analysis/breakdown.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "eval/matching.h"

namespace deeper {
namespace {

using ObjectKey = std::pair<std::uint32_t, std::uint32_t>;  // picture, position

// Parts of a class's objects by the order of their property: up to 10%, 30%, 70%, 90% and 100%.
std::size_t PartOfRank(std::size_t rank, std::size_t count) {
  const double place = (static_cast<double>(rank) + 0.5) / static_cast<double>(count);
  constexpr std::array<double, kParts - 1> kEnds = {0.1, 0.3, 0.7, 0.9};
  return static_cast<std::size_t>(std::ranges::upper_bound(kEnds, place) - kEnds.begin());
}

double PropertyOf(const Annotation& object, ObjectProperty property) {
  if (property == ObjectProperty::kArea) return object.area_px.value_or(Area(object.box));
  return double{object.box.Width()} / double{object.box.Height()};
}

// For each class, the part of each of its objects that count.
std::vector<std::map<ObjectKey, std::size_t>> PartsOfObjects(const Dataset& dataset,
                                                             Protocol protocol,
                                                             ObjectProperty property) {
  std::vector<std::vector<std::pair<double, ObjectKey>>> objects(dataset.classes.Size());
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const std::vector<Annotation>& annotations = dataset.images[i].annotations;
    for (std::size_t a = 0; a < annotations.size(); ++a) {
      if (!CountsAsObject(dataset, i, annotations[a], protocol)) continue;
      objects[IndexOf(annotations[a].class_id)].emplace_back(
          PropertyOf(annotations[a], property),
          ObjectKey(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(a)));
    }
  }
  std::vector<std::map<ObjectKey, std::size_t>> parts(objects.size());
  for (std::size_t c = 0; c < objects.size(); ++c) {
    std::ranges::sort(objects[c]);
    for (std::size_t rank = 0; rank < objects[c].size(); ++rank) {
      parts[c].emplace(objects[c][rank].second, PartOfRank(rank, objects[c].size()));
    }
  }
  return parts;
}

// The class's average precision when only the objects of `part` count. Expects some.
double AveragePrecisionOfPart(const ClassResult& result,
                              const std::map<ObjectKey, std::size_t>& parts,
                              std::size_t part,
                              std::size_t objects,
                              Protocol protocol,
                              std::size_t& found) {
  PrecisionRecallCurve curve;
  std::size_t counted = 0;
  found = 0;
  for (const Outcome& outcome : result.outcomes) {
    if (outcome.verdict == Verdict::kIgnored) continue;
    if (outcome.verdict == Verdict::kTruePositive) {
      if (parts.at({outcome.image, *outcome.object}) != part) continue;
      ++found;
    }
    ++counted;
    curve.precision.push_back(static_cast<double>(found) / static_cast<double>(counted));
    curve.recall.push_back(static_cast<double>(found) / static_cast<double>(objects));
  }
  return AveragePrecisionOf(curve, protocol);
}

// A detection at or above its class's operating point.
struct KeptDetection {
  ClassId class_id{};
  Outcome outcome;
};

// For each picture, those of its detections that count, best first; of equals the first in the
// picture.
std::vector<std::vector<KeptDetection>> DetectionsKept(const Dataset& dataset,
                                                       const Evaluation& evaluation) {
  std::vector<std::vector<KeptDetection>> kept(dataset.images.size());
  for (const ClassResult& result : evaluation.classes) {
    const std::optional<OperatingPoint> point = BestOperatingPoint(result.curve);
    if (!point) continue;
    for (const Outcome& outcome : result.outcomes) {
      if (outcome.verdict == Verdict::kIgnored || outcome.score < point->score) continue;
      kept[outcome.image].push_back({.class_id = result.class_id, .outcome = outcome});
    }
  }
  for (std::vector<KeptDetection>& of_image : kept) {
    std::ranges::sort(of_image, {}, [](const KeptDetection& detection) {
      return std::pair(-detection.outcome.score, detection.outcome.detection);
    });
  }
  return kept;
}

// The object of another class that a false detection is on, among those not taken. Objects that do
// not count are never taken.
std::optional<std::size_t> ObjectOfAnotherClass(const Box& box,
                                                ClassId class_id,
                                                const std::vector<Annotation>& objects,
                                                const std::vector<bool>& taken,
                                                Protocol protocol,
                                                double min_iou) {
  std::optional<std::size_t> best;
  double best_iou = 0;
  for (std::size_t a = 0; a < objects.size(); ++a) {
    if (taken[a] || objects[a].class_id == class_id) continue;
    const double least =
        protocol == Protocol::kIlsvrc ? IlsvrcThreshold(objects[a].box, min_iou) : min_iou;
    const double iou = Iou(box, objects[a].box);
    if (iou < least || iou <= best_iou) continue;
    best = a;
    best_iou = iou;
  }
  return best;
}

}  // namespace

std::optional<OperatingPoint> BestOperatingPoint(const PrecisionRecallCurve& curve) {
  std::optional<OperatingPoint> best;
  for (std::size_t i = 0; i < curve.score.size(); ++i) {
    const double precision = curve.precision[i];
    const double recall = curve.recall[i];
    if (precision + recall <= 0) continue;
    // All detections of one score are kept or none.
    if (i + 1 < curve.score.size() && curve.score[i + 1] == curve.score[i]) continue;
    const double f1 = 2 * precision * recall / (precision + recall);
    if (best && f1 <= best->f1) continue;
    best = {.score = curve.score[i], .precision = precision, .recall = recall, .f1 = f1};
  }
  return best;
}

ConfusionMatrix CountConfusions(const Dataset& dataset,
                                const DetectionSet& detections,
                                const Evaluation& evaluation,
                                double min_iou) {
  Expects(detections.images.size() == dataset.images.size(),
          "detections are aligned to the data set");
  const std::size_t classes = dataset.classes.Size();
  ConfusionMatrix matrix{.cells = {}, .classes = classes};
  const auto kept = DetectionsKept(dataset, evaluation);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const std::vector<Annotation>& objects = dataset.images[i].annotations;
    const auto counts = [&](std::size_t a) {
      return CountsAsObject(dataset, i, objects[a], evaluation.protocol);
    };
    std::vector<bool> taken(objects.size(), false);
    for (const auto& [class_id, outcome] : kept[i]) {
      if (outcome.verdict != Verdict::kTruePositive) continue;
      ++matrix.cells[{IndexOf(class_id), IndexOf(class_id)}];
      taken[*outcome.object] = true;
    }
    for (const auto& [class_id, outcome] : kept[i]) {
      if (outcome.verdict == Verdict::kTruePositive) continue;
      const Box& box = detections.images[i].detections.at(outcome.detection).box;
      const std::optional<std::size_t> object =
          ObjectOfAnotherClass(box, class_id, objects, taken, evaluation.protocol, min_iou);
      if (object && !counts(*object)) continue;
      ++matrix.cells[{object ? IndexOf(objects[*object].class_id) : classes, IndexOf(class_id)}];
      if (object) taken[*object] = true;
    }
    for (std::size_t a = 0; a < objects.size(); ++a) {
      if (!taken[a] && counts(a)) ++matrix.cells[{IndexOf(objects[a].class_id), classes}];
    }
  }
  return matrix;
}

std::array<PartResult, kParts> AveragePrecisionByPart(const Dataset& dataset,
                                                      const Evaluation& evaluation,
                                                      ObjectProperty property) {
  const auto parts = PartsOfObjects(dataset, evaluation.protocol, property);
  std::array<PartResult, kParts> results;
  for (std::size_t part = 0; part < kParts; ++part) {
    double sum = 0;
    std::size_t classes = 0;
    for (std::size_t c = 0; c < evaluation.classes.size(); ++c) {
      const auto objects = static_cast<std::size_t>(
          std::ranges::count_if(parts[c], [&](const auto& entry) { return entry.second == part; }));
      if (objects == 0) continue;
      std::size_t found = 0;
      sum += AveragePrecisionOfPart(
          evaluation.classes[c], parts[c], part, objects, evaluation.protocol, found);
      ++classes;
      results.at(part).objects += objects;
      results.at(part).found += found;
    }
    if (classes > 0) {
      results.at(part).mean_average_precision = sum / static_cast<double>(classes);
    }
  }
  return results;
}

std::vector<CalibrationBin> CalibrationCurve(const Evaluation& evaluation, std::size_t bins) {
  Expects(bins > 0, "a calibration curve has bins");
  std::vector<std::pair<float, bool>> scored;  // score, right
  for (const ClassResult& result : evaluation.classes) {
    for (const Outcome& outcome : result.outcomes) {
      if (outcome.verdict == Verdict::kIgnored) continue;
      scored.emplace_back(outcome.score, outcome.verdict == Verdict::kTruePositive);
    }
  }
  if (scored.empty()) return {};
  const auto [lowest, highest] = std::minmax_element(
      scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const float low = lowest->first;
  const float high = highest->first;
  const double range = double{high} - double{low};
  std::vector<CalibrationBin> curve(bins);
  for (const auto& [score, right] : scored) {
    const double position =
        range > 0 ? (double{score} - double{low}) * static_cast<double>(bins) / range : 0;
    CalibrationBin& bin = curve[std::min(static_cast<std::size_t>(position), bins - 1)];
    bin.mean_score += double{score};
    bin.precision += right ? 1 : 0;
    ++bin.detections;
  }
  std::erase_if(curve, [](const CalibrationBin& bin) { return bin.detections == 0; });
  for (CalibrationBin& bin : curve) {
    bin.mean_score /= static_cast<double>(bin.detections);
    bin.precision /= static_cast<double>(bin.detections);
  }
  return curve;
}

std::optional<double> ExpectedCalibrationError(std::span<const CalibrationBin> curve) {
  double sum = 0;
  std::size_t detections = 0;
  for (const CalibrationBin& bin : curve) {
    sum += static_cast<double>(bin.detections) * std::abs(bin.precision - bin.mean_score);
    detections += bin.detections;
  }
  if (detections == 0) return std::nullopt;
  return sum / static_cast<double>(detections);
}

}  // namespace deeper
