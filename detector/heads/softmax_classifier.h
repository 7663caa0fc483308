#pragma once

#include <cstddef>
#include <vector>

#include "detector/heads/heads.h"
#include "detector/heads/training_images.h"

namespace deeper {

// Multinomial logistic regression over background and the classes.
struct SoftmaxTrainingOptions {
  // Weight of the loss against 1/2 |w|^2, which includes the biases. Raising it fits closer.
  double c = 1e-3;
  double positive_weight = 1;  // of an object's example; background has 1
  // Proposals that overlap an object by at least this show it, like the objects' own boxes.
  double positive_min_iou = 0.5;
  // Proposals below this with every object are background; those between are left out.
  double negative_max_iou = 0.5;
  int max_steps = 200;  // of L-BFGS, each over all regions; fewer if it converges
  void Validate() const;
};

// The classifiers with the least loss. Difficult objects, and the proposals that overlap them most,
// are left out unless they are background. The result does not depend on `workers`. `progress` is
// called with the steps done and their largest number; it may be empty. Expects scaled features.
// Throws Error when there are no pictures.
TrainedClassifiers TrainSoftmax(const std::vector<TrainingImage>& images,
                                std::size_t class_count,
                                const SoftmaxTrainingOptions& options,
                                int workers,
                                const Progress& progress);

}  // namespace deeper
