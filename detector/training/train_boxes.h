#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

#include "backbone/network.h"
#include "backbone/precision.h"
#include "backbone/weights.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/heads/box_regression.h"
#include "detector/model/model.h"

namespace deeper {

// TrainBoxRegression as a stage of `monitor`. Throws WorkStopped when asked to stop.
BoxRegression TrainBoxRegressionOn(const std::vector<BoxTrainingImage>& images,
                                   std::size_t class_count,
                                   const BoxRegressionTrainingOptions& options,
                                   int workers,
                                   const Monitor& monitor);

// How the box regression of an existing detector is trained anew (R-CNN, appendix C).
struct BoxesOptions {
  BoxRegressionTrainingOptions boxes = {};
  std::filesystem::path cache = {};  // where features are kept, such as those of TrainHeads
  ReadImageOptions reading = {};     // of pictures
  double holdout = 0;                // leaves out the pictures that TrainHeads keeps out
  std::optional<Precision> precision = std::nullopt;
  int workers = 1;

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

struct BoxesReport {
  bool finished = false;  // false when it was asked to stop
  std::size_t training_pictures = 0;
  std::size_t unreadable_pictures = 0;
};

// Gives the model a box regression trained on the data set; the rest of the model stays. The
// model's network has the weights `backbone`.
BoxesReport TrainBoxes(const Dataset& dataset,
                       const Weights& backbone,
                       const BoxesOptions& options,
                       const Monitor& monitor,
                       Model& model);

}  // namespace deeper
