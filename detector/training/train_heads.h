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
  std::optional<Quantization> quantization = std::nullopt;  // of the network, if it has one
  HeadsOptions options = {};
};

// A detector that was trained.
struct TrainedHeads {
  Model model = {};
  std::size_t training_pictures = 0;
  std::size_t held_out_pictures = 0;
  std::size_t unreadable_pictures = 0;
  // Calibration was asked for, but larger scores of the held-out pictures are not more often right.
  bool stays_uncalibrated = false;
  // Its results on the held-out pictures. Nothing if there are none, or if it has classifiers of
  // only some classes.
  std::optional<Evaluation> voc07 = std::nullopt;
  std::optional<Evaluation> voc12 = std::nullopt;
  double seconds = 0;  // since the training of all of them began
};

// Called with each detector as soon as it is trained, with its position among all.
using TakeTrainedHeads = std::function<void(std::size_t position, TrainedHeads trained)>;

// Trains one or several detectors on the same pictures, and passes each to `take`. All of them go
// through each stage together, so that networks with common rows extract features together. Returns
// false when asked to stop; the same training continues from HeadsOptions::cache. Throws Error when
// no picture is left to train on.
bool TrainHeads(const Dataset& dataset,
                std::vector<HeadsTraining> trainings,
                const TakeTrainedHeads& take,
                const Monitor& monitor);

// The result of KeepHeadFeatures.
struct KeptHeadFeatures {
  std::size_t pictures = 0;    // that were given
  std::size_t unreadable = 0;  // of these
};

// Extracts the features that TrainHeads would extract from the pictures at these positions, and
// keeps them where it looks for them. With box regression, held-out pictures are left out: their
// features include its offsets, and it is first trained on all others. When asked to stop, finished
// features are kept.
KeptHeadFeatures KeepHeadFeatures(const Dataset& dataset,
                                  std::vector<std::size_t> pictures,
                                  HeadsTraining training,
                                  const Monitor& monitor);

}  // namespace deeper
