#include "detector/training/train_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backbone/files/weight_files.h"
#include "backbone/precision.h"
#include "core/error.h"
#include "core/text/quantities.h"
#include "core/work/parallel.h"
#include "detector/examples/data_split.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model.h"
#include "detector/multibox/multibox_file.h"
#include "detector/training/fast_rcnn_heads.h"
#include "eval/inspection/label_counts.h"

namespace deeper {

namespace fs = std::filesystem;

namespace {

// The row above which the further networks differ: detection runs the rows below once for all.
constexpr const char* kSharedUpTo = "inception_4e";

// The last row that fine-tuning leaves as it is, of the recipe in docs/training-measured.md.
constexpr const char* kFrozenInFinetuning = "inception_3b";

// One of the detectors: how its network is fine-tuned.
struct Member {
  std::string suffix;  // of its files' names: "" of the first, "-2" of the second
  std::string frozen;
  CropMode crop = CropMode::kWarp;
  std::uint64_t steps = 0;
  bool class_balanced = false;
};

std::string SuffixOf(std::size_t position) {
  return position == 0 ? "" : fmt::format("-{}", position + 1);
}

// The first is the detector that it would be alone. The others train its network further with other
// examples in another order, every second time with the classes in balance. With three or more, the
// last is trained on square crops, with more of the network.
std::vector<Member> MembersOf(const DetectorTrainingOptions& options, std::uint64_t steps) {
  const std::string frozen = options.frozen.value_or(kFrozenInFinetuning);
  std::vector<Member> members = {{.suffix = "", .frozen = frozen, .steps = steps}};
  for (std::size_t number = 2; number <= options.models; ++number) {
    const bool is_square = number == options.models && options.models > 2;
    members.push_back({.suffix = SuffixOf(number - 1),
                       .frozen = is_square ? frozen : kSharedUpTo,
                       .crop = is_square ? CropMode::kSquare : CropMode::kWarp,
                       .steps = (steps + 2) / 3,
                       .class_balanced = number % 2 == 0});
  }
  return members;
}

// Training has no int8.
std::optional<Precision> TrainingPrecision(std::optional<Precision> precision) {
  return precision == Precision::kInt8 ? std::nullopt : precision;
}

// Recipe of the detector in models/, docs/training.md.
FinetuneOptions FinetuneOptionsFor(const DetectorTrainingOptions& options,
                                   const Member& member,
                                   std::size_t seed) {
  FinetuneOptions finetune;
  NetworkTrainingOptions& training = finetune.training;
  training.plan.frozen = member.frozen;
  training.solver.schedule.kind = ScheduleKind::kPoly;
  training.solver.schedule.rate = 0.002;
  training.solver.schedule.warmup = 50;
  training.solver.new_layer_rate = 5;
  training.solver.average_decay = 0.99;
  training.steps = member.steps;
  training.seed = seed;
  training.validate_every = std::max<std::uint64_t>(member.steps / 4, 1);
  training.checkpoint_every = 25;
  training.precision = TrainingPrecision(options.precision);
  training.workers = options.workers;
  training.file = options.work / ("tuned" + member.suffix + ".safetensors");
  finetune.proposals_cache = options.work / "tuned.safetensors.proposals";
  finetune.crop = member.crop;
  finetune.sampling.class_balanced = member.class_balanced;
  finetune.reading = options.reading;
  finetune.holdout = options.holdout;
  return finetune;
}

// As many boxes as the paper's, or half as many as there are objects in a small data set, so that
// each box has some objects of its own to start from.
MultiBoxTrainingOptions MultiBoxOptionsFor(const DetectorTrainingOptions& options,
                                           std::size_t objects) {
  MultiBoxTrainingOptions multibox;
  multibox.boxes = std::clamp<std::size_t>(objects / 2, 1, 200);
  multibox.reading = options.reading;
  multibox.holdout = options.holdout;
  NetworkTrainingOptions& training = multibox.training;
  training.solver.schedule.warmup = 20;
  training.solver.average_decay = 0.99;
  training.steps = options.multibox_steps;
  training.validate_every = std::max<std::uint64_t>(options.multibox_steps / 20, 1);
  training.checkpoint_every = 25;
  training.precision = TrainingPrecision(options.precision);
  training.workers = options.workers;
  training.file = options.work / "multibox.safetensors";
  return multibox;
}

HeadsOptions HeadsOptionsFor(const DetectorTrainingOptions& options, const Member& member) {
  HeadsOptions heads;
  heads.cache = options.work / ("features" + member.suffix);
  heads.backbone_name = "GoogLeNet, fine-tuned";
  heads.max_training_boxes = options.max_training_boxes;
  heads.crop = member.crop;
  heads.context = 1;
  heads.reading = options.reading;
  heads.holdout = options.holdout;
  heads.calibrate = true;
  heads.quantize = !options.precision || options.precision == Precision::kInt8;
  heads.self_contained = true;
  heads.precision = options.precision;
  heads.workers = options.workers;
  return heads;
}

FastRcnnDetectorOptions FastDetectorOptionsFor(const DetectorTrainingOptions& options) {
  return {.work = options.work,
          .steps = options.steps,
          .frozen = options.frozen,
          .reading = options.reading,
          .holdout = options.holdout,
          .precision = options.precision,
          .workers = options.workers};
}

// What cannot be trained fails now, not after hours of training.
void RequireTrainable(const Dataset& dataset,
                      const DetectorTrainingOptions& options,
                      const std::vector<Member>& members) {
  if (options.method == DetectionMethod::kFastRcnn) {
    FastRcnnOptionsFor(FastDetectorOptionsFor(options), dataset.images.size()).Validate();
    return;
  }
  for (const Member& member : members) {
    FinetuneOptionsFor(options, member, 0).Validate();
    HeadsOptionsFor(options, member).Validate();
  }
}

// Trains a detector of whole pictures, and adds it to the report.
void AddFastRcnn(const Dataset& dataset,
                 const Weights& backbone,
                 int part,
                 const DetectorTrainingOptions& options,
                 const Monitor& monitor,
                 const TakeTrainedDetector& take,
                 DetectorTrainingReport& report) {
  FastRcnnDetectorOptions fast = FastDetectorOptionsFor(options);
  if (report.multibox) fast.multibox = report.multibox->multibox;
  fast.learned = LearnedIn(options.backbone);
  monitor.say(fmt::format(
      "\n{}. network, classifier and box regression together, {}",
      part,
      Counted(FastRcnnOptionsFor(fast, dataset.images.size()).training.steps, "steps")));
  TrainedDetector& detector = report.detectors.emplace_back();
  detector.fast_rcnn = TrainFastRcnnDetector(dataset, backbone, fast, monitor);
  detector.heads = std::move(detector.fast_rcnn->detector);
  report.goes_on_from = detector.fast_rcnn->goes_on_from;
  report.finished = detector.fast_rcnn->finished;
  if (report.finished && take) take(0, detector);
}

}  // namespace

std::string NameOf(DetectionMethod method) {
  return method == DetectionMethod::kRcnn ? "rcnn" : "fast-rcnn";
}

DetectionMethod DetectionMethodFromName(const std::string& name) {
  for (const DetectionMethod method : {DetectionMethod::kRcnn, DetectionMethod::kFastRcnn}) {
    if (NameOf(method) == name) return method;
  }
  throw Error(fmt::format("method is '{}', expected rcnn or fast-rcnn", name));
}

void DetectorTrainingOptions::Validate() const {
  RequireInRange("models", static_cast<double>(models), 1, 100);
  RequireInRange("steps", static_cast<double>(steps), 0, 1e9);
  RequireInRange("multibox_steps", static_cast<double>(multibox_steps), 0, 1e9);
  RequireInRange("holdout", holdout, 0.01, 0.9);
  RequireInRange("max_training_boxes", static_cast<double>(max_training_boxes), 0, 1e6);
  RequireInRange("workers", workers, 0, 4096);
  if (method == DetectionMethod::kFastRcnn && models > 1) {
    throw Error(fmt::format("models = {}: expected 1 of method fast-rcnn", models));
  }
  if (work.empty()) throw Error("work is empty, expected a directory for what is kept");
}

DetectorTrainingReport TrainDetector(const Dataset& dataset,
                                     const DetectorTrainingOptions& given,
                                     const Monitor& monitor,
                                     const TakeTrainedDetector& take) {
  given.Validate();
  if (dataset.images.empty()) throw Error(dataset.name + ": has no pictures to train on");
  DetectorTrainingOptions options = given;
  if (options.workers == 0) options.workers = DefaultWorkers();
  const std::uint64_t steps = options.steps > 0
                                  ? options.steps
                                  : std::clamp<std::uint64_t>(dataset.images.size() / 2, 300, 3000);
  const std::vector<Member> members = MembersOf(options, steps);
  RequireTrainable(dataset, options, members);
  const Weights backbone = ReadNetwork(options.backbone);
  fs::create_directories(options.work);

  monitor.say(HoldoutText(dataset, Holdout(dataset, options.holdout)));

  DetectorTrainingReport report;
  int part = 0;
  if (options.multibox_steps > 0) {
    monitor.say(
        fmt::format("\n{}. a MultiBox, {}", ++part, Counted(options.multibox_steps, "steps")));
    const MultiBoxTrainingOptions multibox =
        MultiBoxOptionsFor(options, CountObjects(CountLabels(dataset)));
    report.multibox = TrainMultiBox(dataset, backbone, multibox, monitor);
    report.goes_on_from = report.multibox->goes_on_from;
    if (!report.multibox->finished) return report;
    SaveMultiBox(report.multibox->multibox, multibox.training.file);
    monitor.say(fmt::format("{}: proposes {} a picture",
                            multibox.training.file.string(),
                            Counted(report.multibox->multibox.priors.size(), "boxes")));
  }
  ++part;
  if (options.method == DetectionMethod::kFastRcnn) {
    AddFastRcnn(dataset, backbone, part, options, monitor, take, report);
    return report;
  }
  std::vector<HeadsTraining> heads;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Member& member = members[i];
    monitor.say(fmt::format(
        "\n{}. fine-tuning the network{}, {}",
        part,
        members.size() > 1 ? fmt::format(" of detector {} of {}", i + 1, members.size()) : "",
        Counted(member.steps, "steps")));
    const FinetuneOptions finetune = FinetuneOptionsFor(options, member, i);
    const Weights& begun_from = i == 0 ? backbone : report.detectors.front().finetune.network;
    report.detectors.push_back({.finetune = Finetune(dataset, begun_from, finetune, monitor)});
    const FinetuneReport& tuned = report.detectors.back().finetune;
    report.goes_on_from = tuned.goes_on_from;
    if (!tuned.finished) return report;
    WriteBackboneWeights(tuned.network, finetune.training.file);
    monitor.say(fmt::format("{}: fine-tuned for {}",
                            finetune.training.file.string(),
                            Counted(dataset.classes.Size(), "classes")));
    heads.push_back({.backbone = tuned.network, .options = HeadsOptionsFor(options, member)});
    if (report.multibox) heads.back().options.multibox = report.multibox->multibox;
  }
  monitor.say(fmt::format("\n{}. classifiers and box regression on its features", ++part));
  report.goes_on_from = heads.front().options.cache;
  report.finished = TrainHeads(
      dataset,
      std::move(heads),
      [&](std::size_t position, TrainedHeads trained) {
        TrainedDetector& detector = report.detectors[position];
        detector.heads = std::move(trained);
        if (take) take(position, detector);
      },
      monitor);
  return report;
}

Model TrainDetector(const Dataset& dataset,
                    const DetectorTrainingOptions& options,
                    const Monitor& monitor) {
  DetectorTrainingReport report = TrainDetector(dataset, options, monitor, {});
  if (!report.finished) {
    throw Error("stopped; the same training goes on from " + report.goes_on_from.string());
  }
  return std::move(report.detectors.front().heads.model);
}

fs::path MemberFile(const fs::path& first, std::size_t position) {
  fs::path file = first.parent_path() / (first.stem().string() + SuffixOf(position));
  file += first.extension();
  return file;
}

}  // namespace deeper
