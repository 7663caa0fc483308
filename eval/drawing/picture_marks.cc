#include "eval/drawing/picture_marks.h"

#include <limits>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/text/float_text.h"
#include "eval/analysis/breakdown.h"

namespace deeper {
namespace {

using Colour = std::array<std::uint8_t, 3>;  // BGR

constexpr Colour kFound = {115, 158, 0};
constexpr Colour kDuplicate = {233, 180, 86};
constexpr Colour kFalse = {0, 94, 213};
constexpr Colour kMissed = {66, 228, 240};
constexpr Colour kTruth = {255, 255, 255};
constexpr Colour kIgnored = {160, 160, 160};

struct Looks {
  Colour bgr;
  LineStyle style;
};

Looks LooksOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kTruePositive:
      return {kFound, LineStyle::kSolid};
    case Verdict::kDuplicate:
      return {kDuplicate, LineStyle::kDashed};
    case Verdict::kFalsePositive:
      return {kFalse, LineStyle::kDashed};
    case Verdict::kIgnored:
      break;
  }
  return {kIgnored, LineStyle::kThin};
}

void Count(Verdict verdict, PictureMarks& picture) {
  switch (verdict) {
    case Verdict::kTruePositive:
      ++picture.found;
      break;
    case Verdict::kDuplicate:
      ++picture.duplicate;
      break;
    case Verdict::kFalsePositive:
      ++picture.false_positive;
      break;
    case Verdict::kIgnored:
      break;
  }
}

}  // namespace

std::vector<PictureMarks> MarkPictures(const Dataset& dataset,
                                       const DetectionSet& detections,
                                       const Evaluation& evaluation,
                                       const std::vector<float>& least_scores) {
  Expects(detections.images.size() == dataset.images.size(),
          "detections are aligned to the data set");
  Expects(least_scores.size() == evaluation.classes.size(), "each class has a least score");
  std::vector<PictureMarks> pictures(dataset.images.size());
  std::vector<std::vector<Mark>> objects(dataset.images.size());  // below the detections
  std::set<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t c = 0; c < evaluation.classes.size(); ++c) {
    for (const Outcome& outcome : evaluation.classes[c].outcomes) {
      if (outcome.score < least_scores[c]) break;  // they stand by descending score
      const Looks looks = LooksOf(outcome.verdict);
      const Box& box = detections.images[outcome.image].detections[outcome.detection].box;
      pictures[outcome.image].marks.push_back(
          {.box = box,
           .text = dataset.classes.Name(ClassAt(c)) + " " + ScoreText(outcome.score),
           .bgr = looks.bgr,
           .style = looks.style});
      Count(outcome.verdict, pictures[outcome.image]);
      if (outcome.verdict == Verdict::kTruePositive) found.emplace(outcome.image, *outcome.object);
    }
  }
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    PictureMarks& picture = pictures[i];
    picture.image = i;
    const std::vector<Annotation>& annotations = dataset.images[i].annotations;
    for (std::size_t a = 0; a < annotations.size(); ++a) {
      const Box& box = annotations[a].box;
      if (found.contains({i, a})) {
        objects[i].push_back({.box = box, .text = "", .bgr = kTruth, .style = LineStyle::kThin});
      } else if (CountsAsObject(dataset, i, annotations[a], evaluation.protocol)) {
        ++picture.missed;
        picture.marks.push_back({.box = box,
                                 .text = dataset.classes.Name(annotations[a].class_id),
                                 .bgr = kMissed,
                                 .style = LineStyle::kDotted});
      }
    }
    picture.marks.insert(picture.marks.end(), objects[i].begin(), objects[i].end());
  }
  return pictures;
}

std::vector<float> BestLeastScores(const Evaluation& evaluation) {
  std::vector<float> scores;
  for (const ClassResult& result : evaluation.classes) {
    const std::optional<OperatingPoint> point = BestOperatingPoint(result.curve);
    scores.push_back(point ? point->score : std::numeric_limits<float>::infinity());
  }
  return scores;
}

}  // namespace deeper
