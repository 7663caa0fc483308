#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "backbone/execution/quantization.h"
#include "backbone/weights.h"
#include "core/dataset.h"
#include "core/work/monitor.h"
#include "detector/heads/training_images.h"
#include "detector/model/model.h"
#include "detector/training/heads_options.h"
#include "eval/evaluate.h"

namespace deeper {

// A detector to be trained: its network, and how.
struct HeadsTraining {
  Weights backbone = {};
  std::optional<Quantization> quantization = std::nullopt;  // of the network, where it has one
  HeadsOptions options = {};
};

// A detector that was trained.
struct TrainedHeads {
  Model model = {};
  std::size_t training_pictures = 0;
  std::size_t held_out_pictures = 0;
  std::size_t unreadable_pictures = 0;
  // What it is worth on the held-out pictures; nothing where there are none, or where it has
  // classifiers of some classes alone.
  std::optional<Evaluation> voc07 = std::nullopt;
  std::optional<Evaluation> voc12 = std::nullopt;
};

// Called with each detector as soon as it is trained, with its position among all.
using TakeTrainedHeads = std::function<void(std::size_t position, TrainedHeads trained)>;

// Trains one or several detectors on the same pictures, and gives each to `take`. Each stage is
// gone through for all of them, so that networks with common rows extract features together. False
// when it was asked to stop: the same training goes on from HeadsOptions::cache. Throws Error when
// no picture is left to train on.
bool TrainHeads(const Dataset& dataset,
                std::vector<HeadsTraining> trainings,
                const TakeTrainedHeads& take,
                const Monitor& monitor);

// What KeepHeadFeatures came to.
struct KeptHeadFeatures {
  std::size_t pictures = 0;    // that were asked for
  std::size_t unreadable = 0;  // of these
};

// Extracts the features that TrainHeads would of the pictures at these positions, and keeps them
// where it looks for them. With box regression held-out pictures are left out: their features say
// where it moves them, and it is trained on all others first. When asked to stop, what is done is
// kept.
KeptHeadFeatures KeepHeadFeatures(const Dataset& dataset,
                                  std::vector<std::size_t> pictures,
                                  HeadsTraining training,
                                  const Monitor& monitor);

}  // namespace deeper
