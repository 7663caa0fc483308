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
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/training/fast_rcnn_detector.h"
#include "detector/training/finetune.h"
#include "detector/training/train_heads.h"
#include "detector/training/train_multibox.h"

namespace deeper {

// How a detector gets the features of a picture's regions.
enum class DetectionMethod {
  kRcnn,      // from a crop of each (Girshick et al. 2014), as the paper
  kFastRcnn,  // from the map of the whole picture (Girshick 2015); TrainFastRcnnDetector
};
std::string NameOf(DetectionMethod method);                        // "rcnn", "fast-rcnn"
DetectionMethod DetectionMethodFromName(const std::string& name);  // throws Error listing the names

// From annotated pictures to a detector, all in one model. By kFastRcnn network, classifier and box
// regression are trained together (TrainFastRcnnDetector). By kRcnn the network is fine-tuned and
// quantized; classifiers of both kinds and box regression are trained; the better kind is kept. The
// detector is calibrated on pictures that were held out.
struct DetectorTrainingOptions {
  // GoogLeNet's weights to begin with: a .caffemodel or .safetensors file, or a detector.
  std::filesystem::path backbone = {};
  // A directory for all that is kept during training, from which a stopped training continues.
  std::filesystem::path work = {};
  DetectionMethod method = DetectionMethod::kFastRcnn;
  // Number of detectors that score the same proposals together, 1 to 100. The first is as it would
  // be alone; the others are trained further from it. kFastRcnn: one.
  std::size_t models = 1;
  // Of kFastRcnn see FastRcnnDetectorOptions. Of kRcnn steps of fine-tuning, 128 regions each; 0:
  // one for every two pictures, from 300 to 3000.
  std::uint64_t steps = 0;
  // Steps of training a MultiBox, 32 pictures each; every detector gets it. 1,700 pictures need
  // 6000; 0: no MultiBox.
  std::uint64_t multibox_steps = 0;
  // The last row that training does not change, "": none. Nothing: the stem of kFastRcnn, which
  // learns all above it; inception_3b of kRcnn.
  std::optional<std::string> frozen = std::nullopt;
  ReadImageOptions reading = {};  // of pictures
  double holdout = 0.1;  // fraction of the pictures to choose and calibrate by; 0.01 to 0.9
  std::size_t max_training_boxes = 150;  // kRcnn: proposals a picture for classifiers; 0 uses all
  // Of the features; training uses the fastest if this is int8. Nothing: the fastest.
  std::optional<Precision> precision = std::nullopt;
  int workers = 0;  // threads; 0: one per processor

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

// One of the detectors, and how it was trained.
struct TrainedDetector {
  FinetuneReport finetune = {};  // kRcnn
  std::optional<FastRcnnDetectorReport> fast_rcnn =
      std::nullopt;  // kFastRcnn; `heads` is its whole
  TrainedHeads heads = {};
};

struct DetectorTrainingReport {
  bool finished = false;                    // false when it was asked to stop
  std::filesystem::path goes_on_from = {};  // where what is done then lies; "" where nothing is
  std::optional<MultiBoxReport> multibox = std::nullopt;
  std::vector<TrainedDetector> detectors = {};
};

// Called with each detector as soon as it is trained, with its position among all.
using TakeTrainedDetector = std::function<void(std::size_t position, const TrainedDetector&)>;

// Trains all detectors. `take` may be empty. When asked to stop, the same training continues later
// from where it was. Throws Error when there is nothing to train on, or the kept state is of
// another training.
DetectorTrainingReport TrainDetector(const Dataset& dataset,
                                     const DetectorTrainingOptions& options,
                                     const Monitor& monitor,
                                     const TakeTrainedDetector& take);

// The first of them. Throws Error when it was stopped, saying where it continues from.
Model TrainDetector(const Dataset& dataset,
                    const DetectorTrainingOptions& options,
                    const Monitor& monitor = {});

// The file name of detector number `position`, beside the first's: "mine-2.safetensors".
std::filesystem::path MemberFile(const std::filesystem::path& first, std::size_t position);

}  // namespace deeper
