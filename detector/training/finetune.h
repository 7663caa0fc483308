#pragma once

#include <cstddef>
#include <filesystem>

#include "backbone/training/network_training_options.h"
#include "backbone/weights.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/examples/region_examples.h"
#include "detector/regions/crop.h"
#include "proposals/selective_search.h"

namespace deeper {

// How the network is trained further, as a classifier of warped regions (Girshick et al. 2014,
// section 2.3).
struct FinetuneOptions {
  NetworkTrainingOptions training = {.plan = {.frozen = "inception_3b", .auxiliary_heads = false}};
  SelectiveSearchOptions proposals = DefaultProposals();
  std::filesystem::path proposals_cache = {};  // where proposals are kept
  // Where the frozen layers' outputs are kept for the next time that a region is drawn. It saves
  // more the more layers are frozen, and with max_background. "": they are computed each time.
  std::filesystem::path activation_cache = {};
  // Background regions used per picture, spread evenly over the ranks of the proposals; 0 uses all.
  std::size_t max_background = 0;
  RegionLabelOptions labels = {};
  RegionSamplingOptions sampling = {};  // its seed is the training's
  CropMode crop = CropMode::kWarp;
  ReadImageOptions reading = {};  // of pictures
  double holdout = 0;  // fraction of the pictures that is kept out, to validate on; 0 to 0.9
  std::size_t validation_examples = 2048;  // regions of held-out pictures, a quarter objects; >= 4
  double picture_memory_gb = 2;            // for decoded pictures; the others are decoded each time

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

struct RegionCounts {
  std::size_t foreground = 0;
  std::size_t background = 0;
};

struct FinetuneReport {
  bool finished = false;                    // false when it was asked to stop
  std::filesystem::path goes_on_from = {};  // where what is done then lies
  RegionCounts training = {};
  RegionCounts held_out = {};
  TrainingFigures figures = {};
  Weights network = {};  // what was learned, with a classifier of background and the classes
};

// Trains the network of these weights further for the data set's classes; its classifier begins
// anew. When asked to stop, the same training continues later from where it was. Throws Error when
// there is nothing to train on, or the kept state is of another training.
FinetuneReport Finetune(const Dataset& dataset,
                        Weights backbone,
                        const FinetuneOptions& options,
                        const Monitor& monitor);

}  // namespace deeper
