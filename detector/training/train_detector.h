#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backbone/precision.h"
#include "core/dataset.h"
#include "core/work/monitor.h"
#include "detector/training/finetune.h"
#include "detector/training/label_counts.h"
#include "detector/training/train_heads.h"
#include "detector/training/train_multibox.h"

namespace deeper {

// From annotated pictures to a detector: the network fine-tuned, quantized, classifiers of both
// kinds and box regression trained, the better kept and calibrated, all in one model.
struct DetectorTrainingOptions {
  // GoogLeNet's weights to begin with: a .caffemodel or .safetensors file.
  std::filesystem::path backbone = {};
  // A directory for all that is kept while it is trained, from which a stopped training goes on.
  std::filesystem::path work = {};
  // Detectors that score the same proposals together: the first as it would be alone, the others
  // trained on from it. 1 to 100.
  std::size_t models = 1;
  // Of fine-tuning, 128 regions each; 0: one for every two pictures, from 300 to 3000.
  std::uint64_t steps = 0;
  // Of training a MultiBox, which every detector gets, 32 pictures each; 6000 are what 1,700
  // pictures want; 0: none.
  std::uint64_t multibox_steps = 0;
  std::string frozen = "inception_3b";  // the last row that fine-tuning leaves as it is; "": none
  double holdout = 0.1;  // fraction of the pictures to choose and calibrate by; 0.01 to 0.9
  std::size_t max_training_boxes = 150;  // proposals per picture for classifiers; 0 uses all
  // Of the features; training takes the fastest where it is int8. Nothing: the fastest.
  std::optional<Precision> precision = std::nullopt;
  int workers = 0;  // threads; 0: one for each processor

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

// One of the detectors, and how it came to be.
struct TrainedDetector {
  FinetuneReport finetune = {};
  TrainedHeads heads = {};
};

struct DetectorTrainingReport {
  bool finished = false;                    // false when it was asked to stop
  std::filesystem::path goes_on_from = {};  // where what is done then lies; "" where nothing is
  std::vector<LabelCounts> labels = {};
  std::optional<MultiBoxReport> multibox = std::nullopt;
  std::vector<TrainedDetector> detectors = {};
};

// Called with each detector as soon as it is trained, with its position among all.
using TakeTrainedDetector = std::function<void(std::size_t position, const TrainedDetector&)>;

// All of it. `take` may be empty. When asked to stop, the same training goes on where it was.
// Throws Error when there is nothing to train on, or the kept state is of another training.
DetectorTrainingReport TrainDetector(const Dataset& dataset,
                                     const DetectorTrainingOptions& options,
                                     const Monitor& monitor,
                                     const TakeTrainedDetector& take);

// The first of them. Throws Error when it was stopped, saying where it goes on from.
Model TrainDetector(const Dataset& dataset,
                    const DetectorTrainingOptions& options,
                    const Monitor& monitor = {});

// What the file of detector number `position` is called beside the first's: "mine-2.safetensors".
std::filesystem::path MemberFile(const std::filesystem::path& first, std::size_t position);

}  // namespace deeper
