#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "detector/features.h"
#include "detector/heads.h"
#include "detector/svm.h"

namespace deeper {

// The regions of one training picture: the first `truth.size()` boxes are those of the annotations,
// in their order, the rest proposals.
struct TrainingImage {
  std::vector<Annotation> truth;
  RegionFeatures regions;
};

// Which boxes of a training picture to extract: its annotations' boxes first, then proposals, at
// most max_proposals: a seeded sample that keeps those that overlap an object (IoU >= 0.3 with any;
// hard positives for regression and ignored ones for SVMs) up to half of it, and fills the rest
// from the others evenly over the ranks.
std::vector<Box> SampleTrainingBoxes(const AnnotatedImage& image,
                                     const std::vector<Box>& proposals,
                                     std::size_t max_proposals,
                                     std::uint64_t seed);

// Girshick et al. 2014, section 2.3 and rcnn_train.m.
struct SvmTrainingOptions {
  SvmOptions svm;
  double negative_max_iou =
      0.3;  // proposals below this IoU with every object of the class are negatives
  double hard_margin = -1.0001;      // negatives above are added to the cache
  double evict_margin = -1.2;        // cached negatives below are evicted after a retraining
  std::size_t retrain_after = 2000;  // new negatives between retrainings
  int passes = 1;                    // over the pictures
  void Validate() const;
};

// Called now and then with the work done and the whole work, in pictures x classes.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

// One SVM a class with hard-negative mining. Positives are the annotations' boxes alone (difficult
// ones are neither). Features are scaled already. A class without positives gets a zero weight and
// a bias of -1. Classes are trained in parallel by `workers` threads; the result does not depend on
// their number.
LinearClassifiers TrainClassifiers(const std::vector<TrainingImage>& images,
                                   std::size_t class_count,
                                   const SvmTrainingOptions& options,
                                   int workers,
                                   const Progress& progress);

// Girshick et al. 2014, appendix C.
struct BoxRegressionTrainingOptions {
  double min_iou = 0.6;  // proposals paired with the object they overlap most, if by more than this
  double lambda = 1000;  // ridge
  bool per_class = false;  // one regressor a class (R-CNN) instead of one for all
  void Validate() const;
};

// Features are scaled already. Throws Error when no proposal overlaps an object enough.
BoxRegression TrainBoxRegression(const std::vector<TrainingImage>& images,
                                 std::size_t class_count,
                                 const BoxRegressionTrainingOptions& options);

}  // namespace deeper
