#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/dataset.h"
#include "detector/heads/heads.h"
#include "detector/heads/region_features.h"

namespace deeper {

// The regions of one training picture: the first `truth.size()` boxes are those of the annotations,
// in their order, the rest proposals.
struct TrainingImage {
  std::vector<Annotation> truth;
  RegionFeatures regions;
};

// What a training of classifiers gives.
struct TrainedClassifiers {
  LinearClassifiers classifiers;
  // Of how many, one a class or the softmax, the limit of steps ended the training: they are not
  // the best that there are.
  std::size_t at_limit = 0;
};

// Appends the picture's context, already scaled, to the features of each of its regions, which
// become that much longer; `context` is empty afterwards. Without a context nothing changes.
void JoinContext(RegionFeatures& regions);

// Called now and then with the work done and the whole work, in pictures x classes x passes. One
// call at a time, from any thread. An exception of it stops the training and reaches the caller.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

// Expects what all training requires of its pictures: features of one length, one row per box, the
// annotations' boxes first, and annotations of known classes. Expects at least one picture.
void ExpectTrainable(const std::vector<TrainingImage>& images, std::size_t class_count);

}  // namespace deeper
