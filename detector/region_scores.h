#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/detection.h"
#include "core/image.h"
#include "detector/heads/region_features.h"
#include "detector/model/model.h"

namespace deeper {

struct DetectOptions {
  bool box_regression = true;  // apply the model's, if it has one
  // Detections below are dropped before suppression, and again after it and after fusion, which
  // lower scores.
  float min_score = -1;
  NmsOptions nms = {};
  void Validate() const;
};
// The model's own options.
DetectOptions DetectOptionsOf(const Model& model);

// The scores and boxes that a model's heads compute for the regions of one picture.
struct RegionScores {
  std::size_t class_count = 0;
  std::vector<float> scores;  // regions x classes, row-major
  // The regions after box regression, not clipped. One box per region, or as many as `scores` if
  // the classes have regressors of their own.
  std::vector<Box> boxes;
};

// Scores regions with the model's heads. Scores are margins of every class, or the probabilities
// that the model's calibration makes of them. They are computed from the regions' features and, if
// the model was trained with it, their context. Box regression is applied if `box_regression` and
// the model has one; one that reads profiles uses the regions' offsets.
RegionScores ScoreRegions(const Model& model, RegionFeatures regions, bool box_regression);

// The mean over models of the scores and boxes of the same regions (Szegedy et al. 2014, section
// 8), both by `weights`, one for each model, above 0. If one
// model has a box per class, the result has too. Expects at least one model, all of the same
// regions and classes.
RegionScores MeanScores(std::span<const RegionScores> models, std::span<const double> weights);

// The positions of the `count` regions with the highest scores, of their best classes; ascending.
std::vector<std::size_t> BestRegions(const RegionScores& regions, std::size_t count);

// `all` with the scores and boxes of some regions, at these positions, replaced. If one of both has
// a box per class, the result has too.
RegionScores WithReplaced(const RegionScores& all,
                          std::span<const std::size_t> positions,
                          const RegionScores& some);

// The regions of one picture with those of another list behind them, of the same classes.
RegionScores Joined(const RegionScores& first, const RegionScores& second);

// Boxes to score again.
struct MovedRegions {
  std::vector<Box> boxes;
  std::vector<std::size_t> from;  // parallel to boxes: the regions that were moved there
};
inline constexpr std::size_t kMovedRegions = 100;

// Where the best regions were moved, at most kMovedRegions, for their best classes and clipped to
// the picture. Those that overlap a better one by more than kChosenApart come last. Boxes that are
// empty, or among `regions` already, are left out. regions: as they were before they were moved.
MovedRegions BestMoved(const RegionScores& scores,
                       std::span<const Box> regions,
                       int image_width,
                       int image_height);

// The regions that reach min_score in a class, clipped to the picture, after suppression per class,
// and that still reach it then. By descending score. Empty boxes are dropped.
std::vector<Detection> DetectionsOf(const RegionScores& regions,
                                    int image_width,
                                    int image_height,
                                    const DetectOptions& options);

// One model's detections of a picture: DetectionsOf(ScoreRegions()).
std::vector<Detection> DetectFromFeatures(const Model& model,
                                          RegionFeatures regions,
                                          const DetectOptions& options);

}  // namespace deeper
