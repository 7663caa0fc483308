#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

#include "backbone/training/network_training_options.h"
#include "backbone/weights.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/examples/picture_regions.h"
#include "detector/examples/region_examples.h"
#include "detector/model/model.h"
#include "detector/regions/picture_frame.h"
#include "detector/training/finetune.h"
#include "proposals/selective_search.h"

namespace deeper {

// Fast R-CNN (Girshick 2015): the network learns end to end over whole pictures, with its
// classifier and its box regression in one loss.
struct FastRcnnOptions {
  // Of the plan, `frozen` is read; there are no auxiliary heads, and there is no dropout.
  NetworkTrainingOptions training = {
      .plan = {.frozen = "stem", .auxiliary_heads = false, .dropout = 0},
      .solver = {.schedule = {.kind = ScheduleKind::kPoly, .rate = 0.004, .warmup = 100},
                 .weight_decay = 1e-4,
                 .new_layer_rate = 3,
                 .average_decay = 0.99,
                 .clip_norm = 10}};
  SelectiveSearchOptions proposals = DefaultProposals();
  std::filesystem::path proposals_cache = {};  // where proposals are kept
  std::size_t pictures = 2;                    // a step
  RegionLabelOptions labels = {.background_min_iou = 0.1};
  PictureSamplingOptions sampling = {};
  // Regions of a picture whose losses are compared; the `sampling.regions` with the largest are
  // learned from (online hard example mining, Shrivastava et al. 2016). 0: none are compared.
  std::size_t candidates = 0;
  // Boxes of a picture that the map of `learned` proposes (ProposeOnMap), at most; they are learned
  // from beside Selective Search's, so that the detector knows both. 0: none. Expects a `learned`
  // with a ranker that proposes.
  std::size_t map_boxes = 0;
  // Short sides of the frames that pictures are scaled into, 4:3 or 3:4; one is drawn a step.
  std::vector<int> short_sides_px = {480, 576, 704};
  PictureScale scale = {.short_side_px = 704, .long_side_px = 1184};  // of pictures in detection
  double box_weight = 1;          // of the box regression's loss, >= 0
  ReadImageOptions reading = {};  // of pictures
  double holdout = 0;  // fraction of the pictures that is kept out, to validate on; 0 to 0.9
  std::size_t validation_pictures = 200;  // of those held out
  double picture_memory_gb = 2;           // for decoded pictures
  // A detector that TrainFastRcnn made: its box regression is learned on from, and its classifier
  // where its classes are the data set's. What is not begins at random.
  std::optional<Model> learned = std::nullopt;

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

struct FastRcnnReport {
  bool finished = false;                    // false when it was asked to stop
  std::filesystem::path goes_on_from = {};  // where what is done then lies
  std::size_t training_pictures = 0;
  std::size_t held_out_pictures = 0;
  RegionCounts regions = {};  // of the training pictures
  TrainingFigures figures = {};
  // What was learned: self-contained, its network rounded to bf16, with a softmax classifier and
  // box regression that read pool5 unscaled. Its scores are the softmax's probabilities.
  Model model = {};
};

// Trains the network of these weights for the data set's classes. When asked to stop, the same
// training continues later from where it was. Throws Error when there is nothing to train on, or
// the kept state is of another training.
FastRcnnReport TrainFastRcnn(const Dataset& dataset,
                             Weights backbone,
                             const FastRcnnOptions& options,
                             const Monitor& monitor);

}  // namespace deeper
