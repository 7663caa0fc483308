#include "detector/region_scores.h"

#include <algorithm>
#include <cmath>
#include <ranges>

#include "core/error.h"
#include "core/out_of_range.h"
#include "detector/regions/region_ranker.h"
#include "detector/suppression/least_score.h"

namespace deeper {
namespace {

// Margins (regions x classes) become probabilities.
void Calibrate(const Calibration& calibration, std::vector<float>& scores) {
  const std::size_t class_count = calibration.curves.size();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = static_cast<float>(calibration.curves[i % class_count](double{scores[i]}));
  }
}

// How far regressor `j` moves region `i`: by its offsets, or from its scaled features.
BoxOffsets OffsetsIn(const RegionFeatures& regions,
                     std::size_t i,
                     const BoxRegression& regression,
                     std::size_t j) {
  if (!regression.ReadsProfiles()) return OffsetsOf(regression, j, regions.Row(i));
  BoxOffsets offsets{};
  const std::size_t place = (i * regression.RegressorCount() + j) * offsets.size();
  std::ranges::copy(std::span(regions.offsets).subspan(place, offsets.size()), offsets.begin());
  return offsets;
}

// Each region's box moved by the regressor for all classes, or by each class's own.
std::vector<Box> MovedBoxes(const BoxRegression& regression, const RegionFeatures& regions) {
  const std::size_t regressors = regression.RegressorCount();
  Expects(!regression.ReadsProfiles() ||
              regions.offsets.size() == regions.boxes.size() * regressors * BoxOffsets().size(),
          "the offsets of each box");
  std::vector<Box> moved;
  for (std::size_t i = 0; i < regions.boxes.size(); ++i) {
    for (std::size_t j = 0; j < regressors; ++j)
      moved.push_back(MoveBox(regions.boxes[i], OffsetsIn(regions, i, regression, j)));
  }
  return moved;
}

bool HasBoxPerClass(const RegionScores& regions) {
  return regions.boxes.size() == regions.scores.size();
}

// The box of region `i` for class `j`.
const Box& BoxOf(const RegionScores& regions, std::size_t i, std::size_t j) {
  return regions.boxes[HasBoxPerClass(regions) ? i * regions.class_count + j : i];
}

// How many boxes a region of both has, if one of them has a box a class.
std::size_t BoxesARegion(const RegionScores& a, const RegionScores& b) {
  return HasBoxPerClass(a) || HasBoxPerClass(b) ? a.class_count : 1;
}

// Adds the regions' boxes, so many of each.
void AppendBoxes(const RegionScores& regions, std::size_t boxes_a_region, std::vector<Box>& boxes) {
  for (std::size_t i = 0; i < regions.scores.size() / regions.class_count; ++i) {
    for (std::size_t j = 0; j < boxes_a_region; ++j) boxes.push_back(BoxOf(regions, i, j));
  }
}

// The class in which each region scores highest, and its score there.
struct ClassesOfRegions {
  std::vector<std::size_t> classes;
  std::vector<float> scores;
};

ClassesOfRegions BestClasses(const RegionScores& regions) {
  ClassesOfRegions best;
  for (std::size_t first = 0; first < regions.scores.size(); first += regions.class_count) {
    const auto of_region = std::span(regions.scores).subspan(first, regions.class_count);
    const auto highest = std::ranges::max_element(of_region);
    best.classes.push_back(static_cast<std::size_t>(highest - of_region.begin()));
    best.scores.push_back(*highest);
  }
  return best;
}

}  // namespace

DetectOptions DetectOptionsOf(const Model& model) {
  return {.box_regression = true, .min_score = model.min_score, .nms = model.nms};
}

void DetectOptions::Validate() const {
  if (std::isnan(min_score)) throw OutOfRange("min_score", min_score, "a number");
  nms.Validate();
}

RegionScores ScoreRegions(const Model& model, RegionFeatures regions, bool box_regression) {
  const std::size_t class_count = model.classifiers.ClassCount();
  Expects(class_count == model.classes.Size(), "one classifier a class");
  std::vector<float> context;
  if (model.context_weight > 0) {
    context = std::move(regions.context);
    ScaleContext(context, model.scaling, model.context_weight);
  }
  Expects(regions.feature_dim + context.size() == model.classifiers.feature_dim,
          "features that the classifiers read");
  Expects(regions.features.size() == regions.boxes.size() * regions.feature_dim,
          "one row of features a box");
  ScaleFeatures(regions.features, regions.feature_dim, model.scaling);
  RegionScores result = {.class_count = class_count,
                         .scores = Score(model.classifiers, regions.features, context),
                         .boxes = {}};
  if (model.calibration) Calibrate(*model.calibration, result.scores);
  if (!box_regression || !model.box_regression) {
    result.boxes = std::move(regions.boxes);
    return result;
  }
  const std::size_t regressors = model.box_regression->RegressorCount();
  Expects(regressors == 1 || regressors == class_count,
          "one box regressor for all classes, or one a class");
  result.boxes = MovedBoxes(*model.box_regression, regions);
  return result;
}

RegionScores MeanScores(std::span<const RegionScores> models, std::span<const double> weights) {
  Expects(!models.empty() && models.size() == weights.size(), "a weight for each model");
  if (models.size() == 1) return models[0];
  double weight_sum = 0;
  for (const double weight : weights) {
    Expects(weight > 0 && std::isfinite(weight), "weights above 0");
    weight_sum += weight;
  }
  const std::size_t class_count = models[0].class_count;
  const std::size_t score_count = models[0].scores.size();
  std::size_t box_count = 0;
  for (const RegionScores& model : models) {
    Expects(model.class_count == class_count && model.scores.size() == score_count,
            "the same regions and classes");
    box_count = std::max(box_count, model.boxes.size());
  }
  RegionScores mean = {.class_count = class_count, .scores = {}, .boxes = {}};
  mean.scores.reserve(score_count);
  for (std::size_t i = 0; i < score_count; ++i) {
    double sum = 0;
    for (std::size_t m = 0; m < models.size(); ++m) {
      sum += weights[m] * double{models[m].scores[i]};
    }
    mean.scores.push_back(static_cast<float>(sum / weight_sum));
  }
  mean.boxes.reserve(box_count);
  const std::size_t boxes_a_region = box_count == score_count ? class_count : 1;
  for (std::size_t i = 0; i < box_count; ++i) {
    double x0 = 0;
    double y0 = 0;
    double x1 = 0;
    double y1 = 0;
    for (std::size_t m = 0; m < models.size(); ++m) {
      const Box& box = BoxOf(models[m], i / boxes_a_region, i % boxes_a_region);
      x0 += weights[m] * double{box.x0};
      y0 += weights[m] * double{box.y0};
      x1 += weights[m] * double{box.x1};
      y1 += weights[m] * double{box.y1};
    }
    mean.boxes.push_back({.x0 = static_cast<float>(x0 / weight_sum),
                          .y0 = static_cast<float>(y0 / weight_sum),
                          .x1 = static_cast<float>(x1 / weight_sum),
                          .y1 = static_cast<float>(y1 / weight_sum)});
  }
  return mean;
}

std::vector<std::size_t> BestRegions(const RegionScores& regions, std::size_t count) {
  return HighestOf(BestClasses(regions).scores, count);
}

RegionScores Joined(const RegionScores& first, const RegionScores& second) {
  Expects(first.class_count == second.class_count, "the same classes");
  RegionScores all = {.class_count = first.class_count, .scores = first.scores, .boxes = {}};
  all.scores.insert(all.scores.end(), second.scores.begin(), second.scores.end());
  const std::size_t boxes_a_region = BoxesARegion(first, second);
  AppendBoxes(first, boxes_a_region, all.boxes);
  AppendBoxes(second, boxes_a_region, all.boxes);
  return all;
}

MovedRegions BestMoved(const RegionScores& scores,
                       std::span<const Box> regions,
                       int image_width,
                       int image_height) {
  const ClassesOfRegions best = BestClasses(scores);
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < best.classes.size(); ++i)
    boxes.push_back(ClipToImage(BoxOf(scores, i, best.classes[i]), image_width, image_height));
  MovedRegions moved;
  for (const std::size_t i : HighestApart(best.scores, boxes, kMovedRegions, kChosenApart)) {
    const auto is_there = [&](const auto& list) {
      return std::ranges::find(list, boxes[i]) != std::ranges::end(list);
    };
    if (boxes[i].IsEmpty() || is_there(regions) || is_there(moved.boxes)) continue;
    moved.boxes.push_back(boxes[i]);
    moved.from.push_back(i);
  }
  return moved;
}

RegionScores WithReplaced(const RegionScores& all,
                          std::span<const std::size_t> positions,
                          const RegionScores& some) {
  const std::size_t classes = all.class_count;
  Expects(some.class_count == classes && some.scores.size() == positions.size() * classes,
          "scores of the positions, of the same classes");
  const std::size_t boxes_a_region = BoxesARegion(all, some);
  RegionScores result = {.class_count = classes, .scores = all.scores, .boxes = {}};
  AppendBoxes(all, boxes_a_region, result.boxes);
  for (std::size_t k = 0; k < positions.size(); ++k) {
    for (std::size_t j = 0; j < classes; ++j)
      result.scores[positions[k] * classes + j] = some.scores[k * classes + j];
    for (std::size_t j = 0; j < boxes_a_region; ++j)
      result.boxes[positions[k] * boxes_a_region + j] = BoxOf(some, k, j);
  }
  return result;
}

std::vector<Detection> DetectionsOf(const RegionScores& regions,
                                    int image_width,
                                    int image_height,
                                    const DetectOptions& options) {
  std::vector<Detection> detections;
  for (std::size_t k = 0; k < regions.scores.size(); ++k) {
    const float score = regions.scores[k];
    if (!(score >= options.min_score)) continue;
    const std::size_t i = k / regions.class_count;
    const std::size_t j = k % regions.class_count;
    const Box box = ClipToImage(BoxOf(regions, i, j), image_width, image_height);
    if (box.IsEmpty()) continue;
    detections.push_back({.box = box, .class_id = ClassAt(j), .score = score});
  }
  std::vector<Detection> kept = SuppressNonMaxima(std::move(detections), options.nms);
  DropBelow(options.min_score, kept);
  return kept;
}

std::vector<Detection> DetectFromFeatures(const Model& model,
                                          RegionFeatures regions,
                                          const DetectOptions& options) {
  const int width = regions.image_width;
  const int height = regions.image_height;
  return DetectionsOf(
      ScoreRegions(model, std::move(regions), options.box_regression), width, height, options);
}

}  // namespace deeper
