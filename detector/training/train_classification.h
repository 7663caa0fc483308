#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "backbone/training/network_training_options.h"
#include "backbone/weights.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/examples/augment.h"

namespace deeper {

// How GoogLeNet is trained to name what whole pictures show (Szegedy et al. 2014, section 6). The
// rate falls by 4% every 8 epochs as in the paper, unless rate_every says otherwise. The decay is
// BVLC's.
struct ClassificationTrainingOptions {
  NetworkTrainingOptions training = {.solver = {.schedule = {.rate = 0.01, .factor = 0.96},
                                                .weight_decay = 2e-4,
                                                .new_layer_rate = 1,
                                                .average_decay = 0.99}};
  std::optional<std::uint64_t> rate_every = std::nullopt;  // steps; nothing: 8 epochs
  std::size_t batch = 32;                                  // crops per step
  ReadImageOptions reading = {};                           // of pictures
  double holdout = 0;  // fraction of the pictures that is kept out, to validate on; 0 to 0.9
  std::size_t validation_examples = 1000;  // at most; held out, and as many of those trained on
  double picture_memory_gb = 2;            // for decoded pictures; the others are decoded each time
  AugmentOptions augment = {};

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

struct ClassificationReport {
  bool finished = false;                    // false when it was asked to stop
  std::filesystem::path goes_on_from = {};  // where what is done then lies
  std::size_t training_pictures = 0;
  std::size_t held_out_pictures = 0;
  TrainingFigures figures = {};
  Weights network = {};  // what was learned, with a classifier of the data set's classes
};

// Trains a network of the data set's classes from these weights, or from random ones if there are
// none. Expects one annotation per picture. When asked to stop, the same training continues later
// from where it was. Throws Error when no picture is left to train on, or the kept state is of
// another training.
ClassificationReport TrainClassification(const Dataset& dataset,
                                         const std::optional<Weights>& backbone,
                                         const ClassificationTrainingOptions& options,
                                         const Monitor& monitor);

}  // namespace deeper
