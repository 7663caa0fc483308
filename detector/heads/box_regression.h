#pragma once

#include <cstddef>
#include <vector>

#include "core/dataset.h"
#include "detector/heads/heads.h"
#include "detector/heads/region_features.h"
#include "detector/heads/training_images.h"

namespace deeper {

// What box regression learns from a training picture: its objects, and the proposals near them with
// their unit profiles.
struct BoxTrainingImage {
  std::vector<Annotation> truth;
  RegionFeatures proposals;
};

// Girshick et al. 2014, appendix C.
struct BoxRegressionTrainingOptions {
  double min_iou = 0.6;  // proposals paired with the object they overlap most, if by more than this
  double lambda = 25;    // ridge; larger moves boxes less
  // One regressor per class (R-CNN) instead of one for all. A class with fewer than 10 pairs gets
  // the one for all.
  bool per_class = false;
  void Validate() const;
};

// Ridge regression by conjugate gradients, over and over through all pairs of a proposal and its
// object. Proposals that overlap a difficult object most are left out. The result does not depend
// on `workers`. `progress` is called with the steps done and their largest number; it may be empty.
// Throws Error when no proposal overlaps an object enough.
BoxRegression TrainBoxRegression(const std::vector<BoxTrainingImage>& images,
                                 std::size_t class_count,
                                 const BoxRegressionTrainingOptions& options,
                                 int workers,
                                 const Progress& progress);

}  // namespace deeper
