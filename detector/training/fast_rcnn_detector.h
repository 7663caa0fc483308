#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "backbone/precision.h"
#include "backbone/weights.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/model/model.h"
#include "detector/multibox/multibox.h"
#include "detector/training/train_fast_rcnn.h"
#include "detector/training/train_heads.h"
#include "detector/training/train_ranker.h"

namespace deeper {

// How a detector of whole pictures is made from annotated pictures.
struct FastRcnnDetectorOptions {
  // A directory for all that is kept during training, from which a stopped training continues.
  std::filesystem::path work = {};
  std::uint64_t steps = 0;  // of two pictures; 0: three for every picture, from 500 to 6000
  // The last row that training does not change, "": none; nothing: FastRcnnOptions'.
  std::optional<std::string> frozen = std::nullopt;
  ReadImageOptions reading = {};  // of pictures
  double holdout = 0.1;           // fraction of the pictures that it is judged on; 0 to 0.9
  std::optional<MultiBox> multibox = std::nullopt;  // the detector gets it
  // FastRcnnOptions'. Its ranker is learned on from as well.
  std::optional<Model> learned = std::nullopt;
  // Of detection; training uses the fastest if this is int8. Nothing: the fastest.
  std::optional<Precision> precision = std::nullopt;
  int workers = 1;  // threads
};

// Its parts, each of which may be trained alone.
FastRcnnOptions FastRcnnOptionsFor(const FastRcnnDetectorOptions& options, std::size_t pictures);
RankerOptions RankerOptionsFor(const FastRcnnDetectorOptions& options, std::size_t pictures);

struct FastRcnnDetectorReport {
  bool finished = false;                    // false when it was asked to stop
  std::filesystem::path goes_on_from = {};  // where what is done then lies
  FastRcnnReport network = {};
  RankerReport ranker = {};
  TrainedHeads detector = {};  // the whole, with its results on held-out pictures
};

// Trains the network with its heads (TrainFastRcnn) and the ranker of its regions (TrainRanker),
// measures what int8 needs unless another precision is wanted, and detects in the held-out
// pictures. When asked to stop, the same training continues later. Throws Error when there is
// nothing to train on, or the kept state is of another training.
FastRcnnDetectorReport TrainFastRcnnDetector(const Dataset& dataset,
                                             const Weights& backbone,
                                             const FastRcnnDetectorOptions& options,
                                             const Monitor& monitor);

}  // namespace deeper
