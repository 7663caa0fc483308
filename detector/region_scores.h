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
  bool box_regression = true;  // apply the model's, where it has one
  float min_score = -1;        // detections below are dropped before suppression
  NmsOptions nms = {};
  void Validate() const;
};
// As the model says.
DetectOptions DetectOptionsOf(const Model& model);

// What a model's heads say about the regions of one picture.
struct RegionScores {
  std::size_t class_count = 0;
  std::vector<float> scores;  // regions x classes, row-major
  // Where the regions are after box regression, not clipped: one box a region, or as many as
  // `scores` where the classes have regressors of their own.
  std::vector<Box> boxes;
};

// Scores regions with the model's heads: margins of every class, or the probabilities that its
// calibration makes of them, from the regions' features and, where it has learned from it, their
// context; and box regression if `box_regression` and the model has one, by the regions' offsets
// where it reads profiles.
RegionScores ScoreRegions(const Model& model, RegionFeatures regions, bool box_regression);

// The mean over models of the scores and boxes of the same regions (Szegedy et al. 2014, section
// 8). `weights` are of the models' scores, above 0, one each; boxes are plain means. Where one
// model has a box a class, all get one. Expects at least one, all of the same regions and classes.
RegionScores MeanScores(std::span<const RegionScores> models, std::span<const double> weights);

// The regions that reach min_score in a class, clipped to the picture, after per-class suppression;
// by descending score. Boxes that are empty are dropped.
std::vector<Detection> DetectionsOf(const RegionScores& regions,
                                    int image_width,
                                    int image_height,
                                    const DetectOptions& options);

// One model's detections of a picture: DetectionsOf(ScoreRegions()).
std::vector<Detection> DetectFromFeatures(const Model& model,
                                          RegionFeatures regions,
                                          const DetectOptions& options);

}  // namespace deeper
