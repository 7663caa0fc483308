#include "detector/training/fast_rcnn_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/pictures/read_image.h"
#include "core/work/stopwatch.h"
#include "detector/detector.h"
#include "detector/examples/data_split.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox_file.h"
#include "detector/training/calibrate.h"
#include "detector/training/quantize.h"
#include "eval/evaluate.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

// What the detector finds in the pictures. One that cannot be read is reported, and has nothing.
DetectionSet DetectIn(const Dataset& pictures,
                      const Detector& detector,
                      const FastRcnnDetectorOptions& options,
                      const Monitor& monitor) {
  DetectionSet found{.classes = detector.classes(), .images = {}};
  for (const AnnotatedImage& image : pictures.images)
    found.images.push_back({.id = image.id, .detections = {}});
  ForEachOrSkip(monitor,
                "detecting in held-out pictures",
                "pictures",
                pictures.images.size(),
                pictures.images.size(),
                options.workers,
                [&](std::size_t i) {
                  const Image image = ReadImage(pictures.images[i].image_path, options.reading);
                  found.images[i].width = image.width;
                  found.images[i].height = image.height;
                  found.images[i].detections = detector.Detect(image);
                });
  return found;
}

std::vector<fs::path> PathsOf(const Dataset& dataset) {
  std::vector<fs::path> paths;
  for (const AnnotatedImage& image : dataset.images) paths.push_back(image.image_path);
  return paths;
}

}  // namespace

FastRcnnOptions FastRcnnOptionsFor(const FastRcnnDetectorOptions& options, std::size_t pictures) {
  FastRcnnOptions fast;
  NetworkTrainingOptions& training = fast.training;
  if (options.frozen) training.plan.frozen = *options.frozen;
  training.steps = options.steps > 0
                       ? options.steps
                       : std::clamp<std::uint64_t>(3 * std::uint64_t{pictures}, 500, 6000);
  training.validate_every = std::max<std::uint64_t>(training.steps / 8, 1);
  std::uint64_t& warmup = training.solver.schedule.warmup;
  warmup = std::min(warmup, training.steps / 5);  // most steps are at a rate that teaches
  training.precision = options.precision == Precision::kInt8 ? std::nullopt : options.precision;
  training.workers = options.workers;
  training.file = options.work / "fast-rcnn.safetensors";
  fast.proposals_cache = options.work / "proposals";
  fast.reading = options.reading;
  fast.holdout = options.holdout;
  fast.learned = options.learned;
  return fast;
}

RankerOptions RankerOptionsFor(const FastRcnnDetectorOptions& options, std::size_t pictures) {
  RankerOptions ranker;
  ranker.pictures = std::clamp<std::size_t>(pictures, 200, ranker.pictures);
  // No more than the network has seen: few steps make a short training.
  const FastRcnnOptions network = FastRcnnOptionsFor(options, pictures);
  ranker.pictures =
      std::min<std::size_t>(ranker.pictures, network.training.steps * network.pictures);
  ranker.proposals_cache = options.work / "proposals";
  ranker.reading = options.reading;
  ranker.holdout = options.holdout;
  if (options.learned) ranker.learned = options.learned->ranker;
  // The model has no quantization yet.
  ranker.precision = options.precision == Precision::kInt8 ? std::nullopt : options.precision;
  ranker.workers = options.workers;
  return ranker;
}

FastRcnnDetectorReport TrainFastRcnnDetector(const Dataset& dataset,
                                             const Weights& backbone,
                                             const FastRcnnDetectorOptions& options,
                                             const Monitor& monitor) {
  const Stopwatch watch;
  FastRcnnDetectorReport report;
  report.network =
      TrainFastRcnn(dataset, backbone, FastRcnnOptionsFor(options, dataset.images.size()), monitor);
  report.goes_on_from = report.network.goes_on_from;
  if (!report.network.finished) return report;
  Model model = report.network.model;
  report.ranker =
      TrainRanker(dataset, model, RankerOptionsFor(options, dataset.images.size()), monitor);
  if (!report.ranker.finished) return report;
  model.ranker = report.ranker.ranker;
  if (options.multibox) model.multibox = RoundedBeside(*model.backbone, *options.multibox);

  const Split split = SplitOf(dataset, options.holdout);
  if (!options.precision || options.precision == Precision::kInt8) {
    model.quantization = MeasureFor(model,
                                    *model.backbone,
                                    PathsOf(split.training),
                                    {.reading = options.reading, .workers = options.workers},
                                    monitor);
    if (monitor.stop_asked()) return report;
  }
  TrainedHeads& trained = report.detector;
  trained.training_pictures = report.network.training_pictures;
  trained.held_out_pictures = split.held_out.images.size();
  trained.unreadable_pictures =
      dataset.images.size() - report.network.training_pictures - report.network.held_out_pictures;
  if (!split.held_out.images.empty()) {
    const fs::path file = options.work / "detector.safetensors";
    const auto detect = [&] {
      SaveModel(model, file);
      return DetectIn(
          split.held_out, LoadDetector(file, {.precision = options.precision}), options, monitor);
    };
    DetectionSet found = detect();
    if (monitor.stop_asked()) return report;
    if (CalibrateOn(split.held_out, found, options.workers, model)) {
      found = detect();  // what reaches the least score is another now
      if (monitor.stop_asked()) return report;
    } else {
      trained.stays_uncalibrated = true;
      monitor.say(fmt::format(
          "not calibrated: on the {} held-out pictures larger scores are not more often right",
          split.held_out.images.size()));
    }
    const auto judged = [&](Protocol protocol) {
      return Evaluate(split.held_out, found, {.protocol = protocol, .workers = options.workers});
    };
    trained.voc07 = judged(Protocol::kVoc07);
    trained.voc12 = judged(Protocol::kVoc12);
  }
  trained.model = std::move(model);
  trained.seconds = watch.Seconds();
  report.finished = true;
  return report;
}

}  // namespace deeper
