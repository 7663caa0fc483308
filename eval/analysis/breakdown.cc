#include "eval/analysis/breakdown.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "core/error.h"

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

// A picture's detections at or above their operating points, best first.
std::vector<Detection> DetectionsKept(const ImageDetections& image,
                                      const std::vector<float>& least_scores) {
  std::vector<Detection> kept;
  for (const Detection& detection : image.detections) {
    if (detection.score >= least_scores[IndexOf(detection.class_id)]) kept.push_back(detection);
  }
  std::ranges::stable_sort(kept, std::ranges::greater{}, &Detection::score);
  return kept;
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
  std::vector<float> least_scores;
  for (const ClassResult& result : evaluation.classes) {
    const std::optional<OperatingPoint> point = BestOperatingPoint(result.curve);
    least_scores.push_back(point ? point->score : std::numeric_limits<float>::infinity());
  }
  ConfusionMatrix matrix;
  matrix.counts.assign(classes + 1, std::vector<std::size_t>(classes + 1, 0));
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const std::vector<Annotation>& annotations = dataset.images[i].annotations;
    std::vector<bool> taken(annotations.size(), false);
    for (const Detection& detection : DetectionsKept(detections.images[i], least_scores)) {
      std::optional<std::size_t> best;
      double best_iou = 0;
      for (std::size_t a = 0; a < annotations.size(); ++a) {
        const bool counts = CountsAsObject(dataset, i, annotations[a], evaluation.protocol);
        const double iou = Iou(detection.box, annotations[a].box);
        if ((counts && taken[a]) || iou < min_iou || iou <= best_iou) continue;
        best = a;
        best_iou = iou;
      }
      if (best && !CountsAsObject(dataset, i, annotations[*best], evaluation.protocol)) continue;
      const std::size_t truth = best ? IndexOf(annotations[*best].class_id) : classes;
      ++matrix.counts[truth][IndexOf(detection.class_id)];
      if (best) taken[*best] = true;
    }
    for (std::size_t a = 0; a < annotations.size(); ++a) {
      if (taken[a] || !CountsAsObject(dataset, i, annotations[a], evaluation.protocol)) continue;
      ++matrix.counts[IndexOf(annotations[a].class_id)][classes];
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
  const double width = (double{high} - double{low}) / static_cast<double>(bins);
  std::vector<CalibrationBin> curve(bins);
  for (const auto& [score, right] : scored) {
    const double position = width > 0 ? (double{score} - double{low}) / width : 0;
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

}  // namespace deeper
