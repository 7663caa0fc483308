#pragma once

#include <cstddef>
#include <vector>

#include "core/class_table.h"
#include "detector/heads/heads.h"
#include "detector/heads/svm.h"
#include "detector/heads/training_images.h"

namespace deeper {

// Girshick et al. 2014, section 2.3 and rcnn_train.m.
struct SvmTrainingOptions {
  SvmOptions svm = {};
  // Boxes below this IoU with every object of the class are negatives: proposals and, as in R-CNN,
  // the annotations of other classes.
  double negative_max_iou = 0.3;
  double hard_margin = -1.0001;  // negatives above are added to the cache
  double evict_margin = -1.2;    // cached negatives below are evicted after a retraining
  // New negatives between retrainings; the first training has as many.
  std::size_t retrain_after = 2000;
  int passes = 1;  // over the pictures
  // The classes to train, one row of the result each; empty: all. A class's row does not depend on
  // which others are trained.
  std::vector<ClassId> only = {};
  void Validate() const;
};

// One SVM per class with hard-negative mining. The first training has the positives and all
// negatives of the first pictures. Then every picture is searched for hard negatives, and the last
// training has all that the cache holds.
//
// Only the annotations' boxes are positives. Difficult ones are neither positives nor negatives,
// and boxes that overlap them are no negatives of their class. A class without positives gets a
// zero weight and a bias of -1.
//
// Classes are trained in parallel by `workers` threads; the result does not depend on their number.
// `progress` may be empty. Expects scaled features. Throws Error when there are no pictures.
TrainedClassifiers TrainClassifiers(const std::vector<TrainingImage>& images,
                                    std::size_t class_count,
                                    const SvmTrainingOptions& options,
                                    int workers,
                                    const Progress& progress);

}  // namespace deeper
