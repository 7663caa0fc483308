#include "eval/analysis/error_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/error.h"
#include "eval/matching.h"

namespace deeper {
namespace {

// An object with its overlap with one detection.
struct Overlap {
  std::optional<std::uint32_t> object;
  double iou = 0;
};

const Box& BoxOf(const DetectionSet& detections, const Outcome& outcome) {
  return detections.images.at(outcome.image).detections.at(outcome.detection).box;
}

// The object of the picture that the box overlaps most, among those that `wanted(annotation)`.
template <typename Wanted>
Overlap BestOverlap(const Box& box, const AnnotatedImage& image, const Wanted& wanted) {
  Overlap best;
  for (std::size_t i = 0; i < image.annotations.size(); ++i) {
    if (!wanted(image.annotations[i])) continue;
    const double iou = Iou(box, image.annotations[i].box);
    if (iou > best.iou) best = {.object = static_cast<std::uint32_t>(i), .iou = iou};
  }
  return best;
}

// What a class's average precision is computed from.
struct Ranked {
  float score = 0;
  bool found = false;
};
struct ClassRanking {
  std::vector<Ranked> detections;  // those that count
  std::size_t objects = 0;
};

double AveragePrecisionOf(const ClassRanking& ranking, Protocol protocol) {
  PrecisionRecallCurve curve;
  std::size_t found = 0;
  for (std::size_t i = 0; i < ranking.detections.size(); ++i) {
    if (ranking.detections[i].found) ++found;
    curve.precision.push_back(static_cast<double>(found) / static_cast<double>(i + 1));
    curve.recall.push_back(static_cast<double>(found) / static_cast<double>(ranking.objects));
  }
  return AveragePrecisionOf(curve, protocol);
}

// The mean over classes with objects in `evaluation`. A class whose objects were all taken away by
// an oracle counts as 0 if detections are left, and not at all otherwise, as in the authors' code.
double MeanAveragePrecision(std::vector<ClassRanking> rankings, const Evaluation& evaluation) {
  double sum = 0;
  std::size_t classes = 0;
  for (std::size_t c = 0; c < rankings.size(); ++c) {
    if (evaluation.classes[c].objects == 0) continue;
    const bool is_empty = rankings[c].objects == 0 && rankings[c].detections.empty();
    if (!is_empty) ++classes;
    if (rankings[c].objects == 0) continue;
    std::ranges::stable_sort(rankings[c].detections, std::ranges::greater{}, &Ranked::score);
    sum += AveragePrecisionOf(rankings[c], evaluation.protocol);
  }
  return classes == 0 ? 0 : sum / static_cast<double>(classes);
}

class Analyser {
 public:
  Analyser(const Dataset& dataset,
           const DetectionSet& detections,
           const Evaluation& evaluation,
           const ErrorOptions& options)
      : dataset_(dataset), detections_(detections), evaluation_(evaluation), options_(options) {
    for (const ClassResult& result : evaluation.classes) {
      for (const Outcome& outcome : result.outcomes) {
        if (outcome.verdict != Verdict::kTruePositive) continue;
        found_.emplace(outcome.image, *outcome.object);
      }
    }
  }

  ErrorAnalysis Run() {
    ErrorAnalysis analysis;
    for (const ClassResult& result : evaluation_.classes) {
      auto& errors = analysis.errors.emplace_back(result.outcomes.size());
      for (std::size_t i = 0; i < result.outcomes.size(); ++i) {
        const Outcome& outcome = result.outcomes[i];
        const bool is_false =
            outcome.verdict == Verdict::kFalsePositive || outcome.verdict == Verdict::kDuplicate;
        if (!is_false) continue;
        errors[i] = ErrorOf(outcome, result.class_id);
        ++analysis.counts.at(static_cast<std::size_t>(errors[i]->kind));
      }
    }
    FindMissed(analysis);
    analysis.mean_average_precision = MeanAveragePrecision(Rankings(), evaluation_);
    for (std::size_t kind = 0; kind < kErrorKinds; ++kind) {
      analysis.delta_ap.at(kind) =
          MeanAveragePrecision(Fixed(analysis, static_cast<ErrorKind>(kind)), evaluation_) -
          analysis.mean_average_precision;
    }
    return analysis;
  }

 private:
  bool Counts(std::size_t image, const Annotation& annotation) const {
    return CountsAsObject(dataset_, image, annotation, evaluation_.protocol);
  }

  double ForegroundOf(const AnnotatedImage& image, const Overlap& overlap) const {
    if (!overlap.object || evaluation_.protocol != Protocol::kIlsvrc) {
      return options_.foreground_iou;
    }
    return IlsvrcThreshold(image.annotations[*overlap.object].box, options_.foreground_iou);
  }

  DetectionError ErrorOf(const Outcome& outcome, ClassId class_id) const {
    const AnnotatedImage& image = dataset_.images[outcome.image];
    const Box& box = BoxOf(detections_, outcome);
    const Overlap same = BestOverlap(box, image, [&](const Annotation& object) {
      return object.class_id == class_id && Counts(outcome.image, object);
    });
    const Overlap other = BestOverlap(box, image, [&](const Annotation& object) {
      return object.class_id != class_id && Counts(outcome.image, object);
    });
    const auto error = [](ErrorKind kind, const Overlap& overlap) {
      return DetectionError{
          .kind = kind, .object = overlap.object, .iou = static_cast<float>(overlap.iou)};
    };
    const double background = options_.background_iou;
    const bool same_well = same.iou >= ForegroundOf(image, same);
    if (same.iou >= background && !same_well) return error(ErrorKind::kLocation, same);
    if (other.object && other.iou >= ForegroundOf(image, other)) {
      return error(ErrorKind::kClass, other);
    }
    if (same_well) return error(ErrorKind::kDuplicate, same);
    if (other.iou > background) return error(ErrorKind::kBoth, other);
    return {.kind = ErrorKind::kBackground,
            .object = std::nullopt,
            .iou = static_cast<float>(std::max(same.iou, other.iou))};
  }

  void FindMissed(ErrorAnalysis& analysis) const {
    std::set<std::pair<std::uint32_t, std::uint32_t>> covered;
    for (std::size_t c = 0; c < analysis.errors.size(); ++c) {
      for (std::size_t i = 0; i < analysis.errors[c].size(); ++i) {
        const std::optional<DetectionError>& error = analysis.errors[c][i];
        if (!error) continue;
        if (error->kind != ErrorKind::kClass && error->kind != ErrorKind::kLocation) continue;
        covered.emplace(evaluation_.classes[c].outcomes[i].image, *error->object);
      }
    }
    for (std::size_t i = 0; i < dataset_.images.size(); ++i) {
      const std::vector<Annotation>& annotations = dataset_.images[i].annotations;
      for (std::size_t a = 0; a < annotations.size(); ++a) {
        const auto key = std::pair(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(a));
        if (!Counts(i, annotations[a]) || found_.contains(key)) continue;
        analysis.missed.push_back(
            {.image = key.first, .object = key.second, .covered = covered.contains(key)});
        if (!covered.contains(key)) {
          ++analysis.counts.at(static_cast<std::size_t>(ErrorKind::kMiss));
        }
      }
    }
  }

  // Each class's detections that count and its objects, as they were judged.
  std::vector<ClassRanking> Rankings() const {
    return FixedBy([](std::size_t, std::size_t) { return false; });
  }

  // The same without the detections for which `left_out(class, outcome)` holds.
  std::vector<ClassRanking> FixedBy(
      const std::function<bool(std::size_t, std::size_t)>& left_out) const {
    std::vector<ClassRanking> rankings;
    for (std::size_t c = 0; c < evaluation_.classes.size(); ++c) {
      const ClassResult& result = evaluation_.classes[c];
      ClassRanking& ranking = rankings.emplace_back();
      ranking.objects = result.objects;
      for (std::size_t i = 0; i < result.outcomes.size(); ++i) {
        const Outcome& outcome = result.outcomes[i];
        if (outcome.verdict == Verdict::kIgnored || left_out(c, i)) continue;
        ranking.detections.push_back(
            {.score = outcome.score, .found = outcome.verdict == Verdict::kTruePositive});
      }
    }
    return rankings;
  }

  std::vector<ClassRanking> Fixed(const ErrorAnalysis& analysis, ErrorKind kind) const {
    std::vector<ClassRanking> rankings = FixedBy([&](std::size_t c, std::size_t i) {
      const std::optional<DetectionError>& error = analysis.errors[c][i];
      return error && error->kind == kind;
    });
    if (kind == ErrorKind::kMiss) {
      for (const MissedObject& missed : analysis.missed) {
        if (missed.covered) continue;
        const Annotation& object = dataset_.images[missed.image].annotations[missed.object];
        --rankings[IndexOf(object.class_id)].objects;
      }
    }
    if (kind == ErrorKind::kClass || kind == ErrorKind::kLocation) {
      AddCorrected(analysis, kind, rankings);
    }
    return rankings;
  }

  // Gives each object that was not found the best of the detections that are corrected to it.
  void AddCorrected(const ErrorAnalysis& analysis,
                    ErrorKind kind,
                    std::vector<ClassRanking>& rankings) const {
    std::map<std::pair<std::uint32_t, std::uint32_t>, float> best;
    for (std::size_t c = 0; c < analysis.errors.size(); ++c) {
      for (std::size_t i = 0; i < analysis.errors[c].size(); ++i) {
        const std::optional<DetectionError>& error = analysis.errors[c][i];
        if (!error || error->kind != kind) continue;
        const Outcome& outcome = evaluation_.classes[c].outcomes[i];
        const auto key = std::pair(outcome.image, *error->object);
        if (found_.contains(key)) continue;
        const auto [entry, is_new] = best.emplace(key, outcome.score);
        if (!is_new) entry->second = std::max(entry->second, outcome.score);
      }
    }
    for (const auto& [key, score] : best) {
      const Annotation& object = dataset_.images[key.first].annotations[key.second];
      rankings[IndexOf(object.class_id)].detections.push_back({.score = score, .found = true});
    }
  }

  const Dataset& dataset_;
  const DetectionSet& detections_;
  const Evaluation& evaluation_;
  const ErrorOptions& options_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> found_;  // image, object
};

bool AreSimilar(ClassId a, ClassId b, const SimilarClasses& similar) {
  return std::ranges::any_of(similar, [&](const std::vector<ClassId>& group) {
    return std::ranges::find(group, a) != group.end() && std::ranges::find(group, b) != group.end();
  });
}

}  // namespace

void ErrorOptions::Validate() const {
  if (!(foreground_iou > 0 && foreground_iou <= 1)) {
    throw Error(
        fmt::format("foreground_iou: expected a number in (0, 1], found {}", foreground_iou));
  }
  if (!(background_iou >= 0 && background_iou < foreground_iou)) {
    throw Error(fmt::format(
        "background_iou: expected a number in [0, {}), found {}", foreground_iou, background_iou));
  }
}

ErrorAnalysis AnalyseErrors(const Dataset& dataset,
                            const DetectionSet& detections,
                            const Evaluation& evaluation,
                            const ErrorOptions& options) {
  options.Validate();
  Expects(detections.images.size() == dataset.images.size(),
          "detections are aligned to the data set");
  Expects(evaluation.classes.size() == dataset.classes.Size(),
          "an evaluation of this data set has its classes");
  return Analyser(dataset, detections, evaluation, options).Run();
}

SimilarClasses HoiemGroups(const ClassTable& classes) {
  const std::vector<std::vector<const char*>> names = {
      {"aeroplane", "bicycle", "boat", "bus", "car", "motorbike", "train"},
      {"bird", "cat", "cow", "dog", "horse", "sheep", "person"},
      {"chair", "diningtable", "sofa"},
      {"aeroplane", "bird"}};
  SimilarClasses groups;
  for (const std::vector<const char*>& group : names) {
    std::vector<ClassId> ids;
    for (const char* name : group) {
      const std::optional<ClassId> id = classes.Find(name);
      if (!id) return {};
      ids.push_back(*id);
    }
    groups.push_back(std::move(ids));
  }
  return groups;
}

std::vector<std::array<std::size_t, kHoiemKinds>> CountHoiemKinds(const Dataset& dataset,
                                                                  const DetectionSet& detections,
                                                                  const Evaluation& evaluation,
                                                                  const SimilarClasses& similar) {
  constexpr double kOverlap = 0.1;
  const auto kind_of = [&](const Outcome& outcome, ClassId class_id) {
    const AnnotatedImage& image = dataset.images[outcome.image];
    const Box& box = BoxOf(detections, outcome);
    const auto overlaps = [&](const auto& wanted) {
      return BestOverlap(box, image, [&](const Annotation& object) {
               return wanted(object.class_id);
             }).iou >= kOverlap;
    };
    if (overlaps([&](ClassId id) { return id == class_id; })) return HoiemKind::kLocation;
    if (overlaps([&](ClassId id) { return AreSimilar(id, class_id, similar); })) {
      return HoiemKind::kSimilar;
    }
    return overlaps([](ClassId) { return true; }) ? HoiemKind::kOther : HoiemKind::kBackground;
  };
  std::vector<std::array<std::size_t, kHoiemKinds>> counts(evaluation.classes.size());
  for (std::size_t c = 0; c < evaluation.classes.size(); ++c) {
    const ClassResult& result = evaluation.classes[c];
    std::size_t seen = 0;
    for (const Outcome& outcome : result.outcomes) {
      const bool is_false =
          outcome.verdict == Verdict::kFalsePositive || outcome.verdict == Verdict::kDuplicate;
      if (!is_false) continue;
      if (++seen > result.objects) break;
      ++counts[c].at(static_cast<std::size_t>(kind_of(outcome, result.class_id)));
    }
  }
  return counts;
}

}  // namespace deeper
