#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

#include "backbone/rows.h"
#include "backbone/training/network_training_options.h"
#include "backbone/weights.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/multibox/multibox.h"
#include "detector/multibox/multibox_examples.h"
#include "detector/multibox/multibox_loss.h"
#include "eval/analysis/proposal_recall.h"

namespace deeper {

// How a network is trained to propose boxes of any class for a whole picture (Erhan et al. 2014).
struct MultiBoxTrainingOptions {
  NetworkTrainingOptions training = {.plan = {.frozen = "inception_4e",
                                              .auxiliary_heads = false,
                                              .dropout = 0.2,
                                              .main_head = MainHead::kMap},
                                     .solver = {.schedule = {.kind = ScheduleKind::kPoly}},
                                     .steps = 4000};
  std::size_t boxes = 200;  // per picture, 1 to 10,000; not read if there are priors
  // Where the boxes are before training; empty: k-means of the training boxes.
  std::vector<MultiBoxPrior> priors = {};
  std::size_t batch = 32;  // pictures per step
  MultiBoxLossOptions loss = {};
  MultiBoxAugmentOptions augment = {};
  ReadImageOptions reading = {};  // of pictures
  double holdout = 0;             // fraction of the pictures on which recall is measured; 0 to 0.9
  double picture_memory_gb = 2;   // for decoded pictures; the others are decoded each time

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

struct MultiBoxReport {
  bool finished = false;                    // false when it was asked to stop
  std::filesystem::path goes_on_from = {};  // where what is done then lies; "" where nothing is
  std::size_t training_pictures = 0;
  std::size_t held_out_pictures = 0;
  std::optional<ProposalQuality> priors_alone =
      std::nullopt;  // on the held-out pictures, before training
  TrainingFigures figures = {};
  MultiBox multibox = {};  // what was learned, its weights rounded to bf16
};

// Trains a MultiBox from the network of these weights. When asked to stop, the same training
// continues later from where it was. Throws Error when no picture is left to train on, or the kept
// state is of another training.
MultiBoxReport TrainMultiBox(const Dataset& dataset,
                             Weights backbone,
                             const MultiBoxTrainingOptions& options,
                             const Monitor& monitor);

}  // namespace deeper
