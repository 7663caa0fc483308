#include "detector/training/train_heads.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "backbone/files/stored_floats.h"
#include "backbone/files/weight_files.h"
#include "backbone/network.h"
#include "backbone/network_family.h"
#include "backbone/precision.h"
#include "core/error.h"
#include "core/text/quantities.h"
#include "core/work/stopwatch.h"
#include "detector/examples/data_split.h"
#include "detector/examples/training_features.h"
#include "detector/multibox/multibox_file.h"
#include "detector/multibox/multibox_network.h"
#include "detector/proposer.h"
#include "detector/training/choose_heads.h"
#include "detector/training/chosen_precision.h"
#include "detector/training/quantize.h"
#include "detector/training/train_boxes.h"

namespace deeper {

namespace {

double MeanNorm(const std::vector<TrainingImage>& images) {
  double sum = 0;
  std::size_t rows = 0;
  for (const TrainingImage& image : images) {
    for (std::size_t i = 0; i < image.regions.boxes.size(); ++i, ++rows) {
      double square = 0;
      for (const float value : image.regions.Row(i)) square += double{value} * double{value};
      sum += std::sqrt(square);
    }
  }
  return rows == 0 ? 1 : sum / static_cast<double>(rows);
}

// Everything that is trained on: the pictures and their mirror images.
std::vector<TrainingImage> TrainingImagesOf(ExtractedImages extracted) {
  std::vector<TrainingImage> images;
  for (std::size_t i = 0; i < extracted.images.size(); ++i) {
    images.push_back(std::move(extracted.images[i]));
    if (!extracted.mirrored.empty()) images.push_back(std::move(extracted.mirrored[i]));
  }
  return images;
}

// Scales the features in place, sets the model's scaling, and appends the context to the features.
void ScaleForTraining(std::vector<TrainingImage>& training, FeatureNorm norm, Model& model) {
  model.scaling.norm = norm;
  model.scaling.mean_norm = static_cast<float>(MeanNorm(training));
  for (TrainingImage& image : training) {
    ScaleFeatures(image.regions.features, image.regions.feature_dim, model.scaling);
  }
  for (TrainingImage& image : training) {
    ScaleContext(image.regions.context, model.scaling, model.context_weight);
    JoinContext(image.regions);
  }
}

// Facts for people and the model card.
std::map<std::string, std::string> TrainingFacts(const HeadsOptions& options,
                                                 const Dataset& dataset,
                                                 std::size_t pictures,
                                                 Precision precision) {
  std::map<std::string, std::string> facts = {
      {"data", dataset.name},
      {"pictures", std::to_string(pictures)},
      {"precision", NameOf(precision)},
      {"mirrored objects", options.mirror ? "yes" : "no"},
      {"boxes a picture",
       options.max_training_boxes == 0 ? "all" : std::to_string(options.max_training_boxes)},
      {"box_lambda", fmt::format("{}", options.boxes.lambda)}};
  if (options.Trains(ClassifierKind::kSvm)) {
    facts["svm_c"] = fmt::format("{}", options.svm.svm.c);
    facts["positive_weight"] = fmt::format("{}", options.svm.svm.positive_weight);
    facts["negative_iou"] = fmt::format("{}", options.svm.negative_max_iou);
  }
  if (options.Trains(ClassifierKind::kSoftmax)) {
    facts["softmax_c"] = fmt::format("{}", options.softmax.c);
    facts["softmax_positive_weight"] = fmt::format("{}", options.softmax.positive_weight);
  }
  return facts;
}

void RequirePictures(const ExtractedImages& extracted, const Dataset& training) {
  if (!extracted.positions.empty()) return;
  throw Error(
      fmt::format("{}: no picture is left to train on, of {} that are not held out; those that "
                  "could not be read are named above",
                  training.name,
                  training.images.size()));
}

// A detector before anything is learned.
struct Prepared {
  HeadsOptions options;
  Weights backbone;
  Model model;                     // without what is learned
  std::optional<Network> network;  // of the backbone; nothing when asked to stop
};

Prepared Prepare(const Dataset& dataset, HeadsTraining training, const Monitor& monitor) {
  training.options.Validate();
  Prepared prepared = {.options = std::move(training.options),
                       .backbone = std::move(training.backbone),
                       .model = {},
                       .network = std::nullopt};
  const HeadsOptions& options = prepared.options;
  if (options.self_contained) RoundToBf16(prepared.backbone);
  Model& model = prepared.model;
  model.classes = dataset.classes;
  model.backbone_fingerprint = FingerprintOf(prepared.backbone);
  model.backbone_name = options.backbone_name;
  model.crop.mode = options.crop;
  model.proposals = options.proposals;
  model.context_weight = static_cast<float>(options.context);
  if (options.multibox) {
    model.multibox =
        RoundedBeside(options.self_contained ? prepared.backbone : Weights(), *options.multibox);
  }
  model.quantization = std::move(training.quantization);
  if (options.quantize) {
    std::vector<std::filesystem::path> pictures;
    for (const AnnotatedImage& image : dataset.images) pictures.push_back(image.image_path);
    model.quantization =
        MeasureOnProposals(prepared.backbone,
                           model.crop,
                           model.proposals,
                           pictures,
                           {.reading = options.reading, .workers = options.workers},
                           monitor);
    if (monitor.stop_asked()) return prepared;
  }
  const Precision precision =
      PrecisionFor(options.precision, model.quantization.has_value(), monitor);
  prepared.network.emplace(
      prepared.backbone,
      NetworkOptions{.precision = precision, .quantization = model.quantization});
  return prepared;
}

// The proposer for held-out pictures, if the model has a MultiBox.
std::optional<Proposer> HeldOutProposer(const Prepared& prepared, const Monitor& monitor) {
  const Model& model = prepared.model;
  if (!model.multibox) return std::nullopt;
  const Precision precision = MultiBoxPrecisionFor(prepared.options.precision, monitor);
  return Proposer(model.proposals, *model.multibox, precision, MultiBoxViews::kParts);
}

TrainingFeatures FeaturesFor(const Prepared& prepared,
                             const Dataset& dataset,
                             const std::optional<Proposer>& held_out_proposer) {
  const HeadsOptions& options = prepared.options;
  return {.source = {.network = &*prepared.network,
                     .backbone_fingerprint = prepared.model.backbone_fingerprint,
                     .crop = prepared.model.crop,
                     .proposals = prepared.model.proposals,
                     .held_out_proposer = held_out_proposer ? &*held_out_proposer : nullptr,
                     .max_proposals = options.max_training_boxes,
                     .holdout = Holdout(dataset, options.holdout),
                     .cache = options.cache,
                     .reading = options.reading,
                     .workers = options.workers},
          .wanted = {.mirrored_truth = options.mirror,
                     .context = options.context > 0,
                     .to_move = options.box_regression
                                    ? std::optional(BoxesToMoveOf(dataset.images.size(),
                                                                  options.boxes.min_iou))
                                    : std::nullopt}};
}

// The box regression of the model, if it gets one, from features that are kept already. Throws
// WorkStopped when asked to stop.
std::optional<BoxRegression> BoxRegressionFrom(const TrainingFeatures& features,
                                               const Dataset& training,
                                               const HeadsOptions& options,
                                               const Monitor& monitor) {
  if (!features.wanted.to_move) return std::nullopt;
  TrainingFeatures profiles = features;
  profiles.wanted.features = false;
  profiles.wanted.mirrored_truth = false;
  const ExtractedImages extracted = LoadTrainingFeatures(training, profiles, monitor);
  ThrowIfStopped(monitor);
  RequirePictures(extracted, training);
  return TrainBoxRegressionOn(
      extracted.to_move, training.classes.Size(), options.boxes, options.workers, monitor);
}

// Makes a model from features that are kept already. Moves what goes into the model out of
// `prepared`. Throws WorkStopped when asked to stop.
TrainedHeads TrainOnFeatures(const Dataset& dataset,
                             const Split& split,
                             const TrainingFeatures& of_training,
                             const TrainingFeatures& of_held_out,
                             const Monitor& monitor,
                             Prepared& prepared) {
  const HeadsOptions& options = prepared.options;
  ExtractedImages extracted = LoadTrainingFeatures(split.training, of_training, monitor);
  ExtractedImages extracted_held_out = LoadTrainingFeatures(split.held_out, of_held_out, monitor);
  ThrowIfStopped(monitor);
  RequirePictures(extracted, split.training);
  TrainedHeads trained = {.model = std::move(prepared.model),
                          .training_pictures = extracted.images.size(),
                          .held_out_pictures = extracted_held_out.images.size()};
  trained.unreadable_pictures =
      dataset.images.size() - trained.training_pictures - trained.held_out_pictures;
  Model& model = trained.model;
  model.training = TrainingFacts(
      options, dataset, trained.training_pictures, prepared.network->options().precision);
  if (of_held_out.wanted.box_regression != nullptr)
    model.box_regression = *of_held_out.wanted.box_regression;
  const HeldOut held_out = HeldOutOf(split.held_out, std::move(extracted_held_out));
  std::vector<TrainingImage> training = TrainingImagesOf(std::move(extracted));
  ScaleForTraining(training, options.norm, model);
  model = WithBestClassifiers(model, training, held_out, options, monitor);
  trained.stays_uncalibrated = options.calibrate && !model.training.contains("calibrated on");
  if (trained.stays_uncalibrated) {
    monitor.say(
        held_out.truth.images.empty()
            ? "not calibrated: no picture is held out to calibrate on"
            : fmt::format("not calibrated: on the {} larger scores are not more often right; more "
                          "of them, or calibration on others, may help",
                          Counted(held_out.truth.images.size(), "held-out pictures")));
  }
  if (options.self_contained) model.backbone = std::move(prepared.backbone);
  const bool has_all_classes = options.svm.only.empty();
  if (!held_out.regions.empty() && has_all_classes) {
    trained.voc07 = EvaluateOn(held_out, model, Protocol::kVoc07, options.workers);
    trained.voc12 = EvaluateOn(held_out, model, Protocol::kVoc12, options.workers);
  }
  return trained;
}

// TrainHeads that throws WorkStopped when asked to stop.
void TrainAll(const Dataset& dataset,
              std::vector<HeadsTraining> trainings,
              const TakeTrainedHeads& take,
              const Monitor& monitor) {
  const Stopwatch watch;
  std::vector<Prepared> prepared;
  for (HeadsTraining& training : trainings) {
    prepared.push_back(Prepare(dataset, std::move(training), monitor));
    ThrowIfStopped(monitor);
  }
  const bool are_several = prepared.size() > 1;
  const Split split = SplitOf(dataset, prepared.front().options.holdout);
  // As in use, all score what the first proposes.
  const std::optional<Proposer> proposer = HeldOutProposer(prepared.front(), monitor);
  std::vector<TrainingFeatures> of_training;
  for (const Prepared& one : prepared) {
    of_training.push_back(FeaturesFor(one, dataset, proposer));
    if (!are_several) continue;
    of_training.back().source.row_fingerprints =
        RowFingerprints(one.backbone, one.network->options());
  }
  FillTrainingFeaturesForAll(split.training, of_training, monitor);
  ThrowIfStopped(monitor);
  // Features of held-out pictures include the offsets of each one's box regression.
  std::vector<TrainingFeatures> of_held_out = of_training;
  std::vector<std::optional<BoxRegression>> regressions;
  regressions.reserve(prepared.size());
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    regressions.push_back(
        BoxRegressionFrom(of_training[i], split.training, prepared[i].options, monitor));
    of_training[i].wanted.to_move.reset();
    of_held_out[i].wanted.mirrored_truth = false;
    if (regressions[i]) of_held_out[i].wanted.box_regression = &*regressions[i];
  }
  FillTrainingFeaturesForAll(split.held_out, of_held_out, monitor);
  ThrowIfStopped(monitor);
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    if (are_several) monitor.say(fmt::format("\ndetector {} of {}", i + 1, prepared.size()));
    TrainedHeads trained =
        TrainOnFeatures(dataset, split, of_training[i], of_held_out[i], monitor, prepared[i]);
    trained.seconds = watch.Seconds();
    take(i, std::move(trained));
  }
}

}  // namespace

bool TrainHeads(const Dataset& dataset,
                std::vector<HeadsTraining> trainings,
                const TakeTrainedHeads& take,
                const Monitor& monitor) {
  Expects(!trainings.empty(), "a detector to train");
  try {
    TrainAll(dataset, std::move(trainings), take, monitor);
    return true;
  } catch (const WorkStopped&) {
    return false;
  }
}

KeptHeadFeatures KeepHeadFeatures(const Dataset& dataset,
                                  std::vector<std::size_t> pictures,
                                  HeadsTraining training,
                                  const Monitor& monitor) {
  const Prepared prepared = Prepare(dataset, std::move(training), monitor);
  if (monitor.stop_asked()) return {};
  const std::optional<Proposer> proposer = HeldOutProposer(prepared, monitor);
  const TrainingFeatures how = FeaturesFor(prepared, dataset, proposer);
  if (how.wanted.to_move) {
    std::erase_if(pictures,
                  [&](std::size_t i) { return how.source.holdout.Contains(dataset.images[i].id); });
  }
  return {.pictures = pictures.size(),
          .unreadable = FillTrainingFeatures(dataset, pictures, how, monitor)};
}

}  // namespace deeper
