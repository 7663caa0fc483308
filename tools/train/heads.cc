#include "tools/train/heads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "backbone/files/safetensors.h"
#include "backbone/files/weight_files.h"
#include "backbone/network_family.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/work/stopwatch.h"
#include "detector/examples/data_split.h"
#include "detector/heads/training_images.h"
#include "detector/model/model.h"
#include "detector/multibox/multibox_file.h"
#include "detector/region_scores.h"
#include "eval/evaluate.h"
#include "eval/report/report_text.h"
#include "tools/extraction.h"
#include "tools/input/pictures.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/parallel.h"
#include "tools/run/journaled_run.h"
#include "tools/run/model_parts.h"
#include "tools/run/parts.h"
#include "tools/run/progress.h"
#include "tools/train/boxes.h"
#include "tools/train/calibrate.h"
#include "tools/train/heads_options.h"
#include "tools/training_features.h"
#include "tools/verbs/quantize.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// What becomes of boxes that overlap a better one of their class; the fields of NmsOptions.
struct Suppression {
  double soft_sigma = 0;
  double vote_iou = 0;
};

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

// Held-out pictures with their regions, without the boxes that only the annotations gave.
struct HeldOut {
  Dataset truth;
  std::vector<RegionFeatures> regions;  // parallel to truth.images
};

// The pictures at these positions, ascending.
Dataset SubsetOf(const Dataset& dataset, const std::vector<std::size_t>& positions) {
  Dataset subset = {
      .name = dataset.name, .classes = dataset.classes, .images = {}, .blacklist = {}};
  for (const std::size_t i : positions) {
    const auto first = dataset.blacklist.lower_bound({i, ClassAt(0)});
    for (auto pair = first; pair != dataset.blacklist.end() && pair->first == i; ++pair)
      subset.blacklist.emplace(subset.images.size(), pair->second);
    subset.images.push_back(dataset.images[i]);
  }
  return subset;
}

// Takes the first rows of a matrix of `rows` rows away.
void EraseRows(std::size_t count, std::size_t rows, std::vector<float>& values) {
  if (rows == 0) return;
  const std::size_t gone = values.size() / rows * count;
  values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(gone));
}

HeldOut HeldOutOf(const Dataset& dataset, ExtractedImages extracted) {
  HeldOut held_out = {.truth = SubsetOf(dataset, extracted.positions), .regions = {}};
  for (TrainingImage& image : extracted.images) {
    RegionFeatures& regions = image.regions;
    const std::size_t own = image.truth.size();
    EraseRows(own, regions.boxes.size(), regions.features);
    EraseRows(own, regions.boxes.size(), regions.offsets);
    regions.boxes.erase(regions.boxes.begin(),
                        regions.boxes.begin() + static_cast<std::ptrdiff_t>(own));
    held_out.regions.push_back(std::move(regions));
  }
  return held_out;
}

// What the model detects in the held-out pictures, with this suppression.
DetectionSet DetectIn(const HeldOut& held_out, const Model& model, const NmsOptions& nms) {
  DetectionSet found{.classes = model.classes, .images = {}};
  const DetectOptions options{.box_regression = true, .min_score = model.min_score, .nms = nms};
  for (std::size_t i = 0; i < held_out.regions.size(); ++i) {
    const RegionFeatures& regions = held_out.regions[i];
    found.images.push_back(
        {.id = held_out.truth.images[i].id,
         .width = regions.image_width,
         .height = regions.image_height,
         .detections = DetectionsOf(ScoreRegions(model, regions, options.box_regression),
                                    regions.image_width,
                                    regions.image_height,
                                    options)});
  }
  return found;
}

// Prints what the model is worth on held-out pictures, or beside JSON says it, and returns it by
// protocol.
nlohmann::ordered_json ReportHoldout(const HeldOut& held_out,
                                     const Model& model,
                                     const HeadsArguments& arguments) {
  nlohmann::ordered_json json;
  const DetectionSet found = DetectIn(held_out, model, model.nms);
  for (const Protocol protocol : {Protocol::kVoc07, Protocol::kVoc12}) {
    const Evaluation evaluation =
        Evaluate(held_out.truth, found, {.protocol = protocol, .workers = arguments.run.workers});
    json[NameOf(protocol)] =
        nlohmann::ordered_json::parse(EvaluationJson(evaluation, model.classes));
    fmt::print(arguments.json ? stderr : stdout,
               "held out, {} pictures, {}, {}:\n{}\n",
               held_out.truth.images.size(),
               NameOf(model.classifiers.kind),
               NameOf(protocol),
               EvaluationTable(evaluation, model.classes));
  }
  return json;
}

// A data set's pictures: those to train on, and those kept for validation.
struct Split {
  Dataset training;
  Dataset held_out;
};

Split SplitOf(const Dataset& dataset, double held_out_fraction) {
  std::vector<std::size_t> training;
  std::vector<std::size_t> held_out;
  for (std::size_t i = 0; i < dataset.images.size(); ++i)
    (IsHeldOut(dataset.images[i].id, held_out_fraction) ? held_out : training).push_back(i);
  return {.training = SubsetOf(dataset, training), .held_out = SubsetOf(dataset, held_out)};
}

// All that is trained on: the pictures and their mirror images.
std::vector<TrainingImage> TrainingImagesOf(ExtractedImages extracted) {
  std::vector<TrainingImage> images;
  for (std::size_t i = 0; i < extracted.images.size(); ++i) {
    images.push_back(std::move(extracted.images[i]));
    if (!extracted.mirrored.empty()) images.push_back(std::move(extracted.mirrored[i]));
  }
  return images;
}

LinearClassifiers TrainKind(ClassifierKind kind,
                            const std::vector<TrainingImage>& training,
                            std::size_t classes,
                            const HeadsArguments& arguments) {
  const bool is_svm = kind == ClassifierKind::kSvm;
  ProgressLine progress(
      is_svm ? "training SVMs" : "training softmax",
      "steps",
      is_svm ? training.size() * (arguments.svm.only.empty() ? classes : arguments.svm.only.size())
             : static_cast<std::size_t>(arguments.softmax.max_steps));
  const Progress advance = [&](std::size_t done, std::size_t) { progress.AdvanceTo(done); };
  return is_svm
             ? TrainClassifiers(training, classes, arguments.svm, arguments.run.workers, advance)
             : TrainSoftmax(training, classes, arguments.softmax, arguments.run.workers, advance);
}

// Scales the features in place, sets the model's scaling, and joins the context behind the
// features.
void ScaleForTraining(std::vector<TrainingImage>& training,
                      const HeadsArguments& arguments,
                      Model& model) {
  model.scaling.norm = FeatureNormFromName(arguments.norm);
  model.scaling.mean_norm = static_cast<float>(MeanNorm(training));
  for (TrainingImage& image : training) {
    ScaleFeatures(image.regions.features, image.regions.feature_dim, model.scaling);
  }
  for (TrainingImage& image : training) {
    ScaleContext(image.regions.context, model.scaling, model.context_weight);
    JoinContext(image.regions);
  }
}

// The model with classifiers of this kind. A softmax's scores are its probabilities.
Model WithClassifiers(Model model,
                      ClassifierKind kind,
                      const std::vector<TrainingImage>& training,
                      const HeadsArguments& arguments) {
  const std::size_t classes = model.classes.Size();
  model.classifiers = TrainKind(kind, training, classes, arguments);
  if (kind == ClassifierKind::kSoftmax) {
    SetCalibration({.curves = std::vector<LogisticCurve>(classes),
                    .operating_points = std::vector<double>(classes, 0.5)},
                   model);
  }
  return model;
}

// The suppression that was asked for, or those to choose from. Soft ones are for probabilities.
std::vector<Suppression> SuppressionsFor(ClassifierKind kind, const HeadsArguments& arguments) {
  if (!arguments.Chooses() || arguments.vote_iou || arguments.soft_sigma) {
    return {{.soft_sigma = arguments.soft_sigma.value_or(0),
             .vote_iou = arguments.vote_iou.value_or(kVoteIou)}};
  }
  constexpr double kSoftSigma = 0.3;
  std::vector<Suppression> all = {{.vote_iou = kVoteIou}, {}};
  if (kind == ClassifierKind::kSoftmax || arguments.calibrate)
    all.push_back({.soft_sigma = kSoftSigma});
  return all;
}

std::string TextOf(const Suppression& suppression) {
  if (suppression.soft_sigma > 0) return fmt::format("soft suppression {}", suppression.soft_sigma);
  if (suppression.vote_iou > 0) return fmt::format("voting {}", suppression.vote_iou);
  return "plain suppression";
}

void SetSuppression(const Suppression& suppression, Model& model) {
  model.nms.soft_sigma = suppression.soft_sigma;
  model.nms.vote_iou = suppression.vote_iou;
}

// Makes the scores probabilities and says so among the model's facts; false, and nothing is
// changed, where larger ones are not more often right. Soft suppression takes from what the curves
// give, so these are of boxes that are whole.
bool CalibrateOn(const HeldOut& held_out, int workers, Model& model) {
  NmsOptions hard = model.nms;
  hard.soft_sigma = 0;
  const Evaluation evaluation = Evaluate(held_out.truth,
                                         MarginsOf(DetectIn(held_out, model, hard), model),
                                         {.protocol = Protocol::kVoc12, .workers = workers});
  std::optional<Calibration> calibration = CalibrationOf(evaluation);
  if (!calibration) return false;
  SetCalibration(*std::move(calibration), model);
  model.training["calibrated on"] =
      fmt::format("{} held-out pictures", held_out.truth.images.size());
  return true;
}

// The model with the classifiers and the suppression that are best on the held-out pictures,
// calibrated if that was asked for, and what was found there.
Model WithBestClassifiers(const Model& shared,
                          const std::vector<TrainingImage>& training,
                          const HeldOut& held_out,
                          const HeadsArguments& arguments) {
  std::optional<Model> best;
  double best_map = 0;
  std::string found;
  for (const ClassifierKind kind : arguments.kinds) {
    const Model trained = WithClassifiers(shared, kind, training, arguments);
    for (const Suppression& suppression : SuppressionsFor(kind, arguments)) {
      Model model = trained;
      SetSuppression(suppression, model);
      const bool is_usable =
          !arguments.calibrate || CalibrateOn(held_out, arguments.run.workers, model);
      if (!arguments.Chooses()) return model;
      const double map =
          is_usable ? Evaluate(held_out.truth,
                               DetectIn(held_out, model, model.nms),
                               {.protocol = Protocol::kVoc07, .workers = arguments.run.workers})
                          .mean_average_precision
                    : 0;
      found += fmt::format("{}{} with {} {:.2f}",
                           found.empty() ? "" : ", ",
                           NameOf(kind),
                           TextOf(suppression),
                           100 * map);
      if (best && map <= best_map) continue;
      best = std::move(model);
      best_map = map;
    }
  }
  fmt::print(stderr, "mAP on held-out pictures (voc07): {}\n", found);
  best->training["classifiers, held-out mAP"] = found;
  return *std::move(best);
}

void RoundToBf16(Weights& weights) {
  for (auto& [name, tensor] : weights) tensor = LoadTensor(StoreTensor(tensor, DType::kBf16), name);
}

// Facts for people and the model card.
std::map<std::string, std::string> TrainingFacts(const HeadsArguments& arguments,
                                                 const Dataset& dataset,
                                                 std::size_t pictures,
                                                 Precision precision) {
  std::map<std::string, std::string> facts = {
      {"data", dataset.name},
      {"pictures", std::to_string(pictures)},
      {"precision", NameOf(precision)},
      {"mirrored objects", arguments.no_mirror ? "no" : "yes"},
      {"boxes a picture",
       arguments.max_training_boxes == 0 ? "all" : std::to_string(arguments.max_training_boxes)},
      {"box_lambda", fmt::format("{}", arguments.boxes.lambda)}};
  if (arguments.Trains(ClassifierKind::kSvm)) {
    facts["svm_c"] = fmt::format("{}", arguments.svm.svm.c);
    facts["positive_weight"] = fmt::format("{}", arguments.svm.svm.positive_weight);
    facts["negative_iou"] = fmt::format("{}", arguments.svm.negative_max_iou);
  }
  if (arguments.Trains(ClassifierKind::kSoftmax)) {
    facts["softmax_c"] = fmt::format("{}", arguments.softmax.c);
    facts["softmax_positive_weight"] = fmt::format("{}", arguments.softmax.positive_weight);
  }
  return facts;
}

void RequirePictures(const ExtractedImages& extracted, const Dataset& training) {
  if (!extracted.positions.empty()) return;
  throw Error(fmt::format(
      "{}: no picture is left to train on, of {} that --holdout leaves; those that could "
      "not be read are named above",
      training.name,
      training.images.size()));
}

// The training of these kinds as a verb.
std::string NameOf(const std::vector<ClassifierKind>& kinds) {
  return kinds.size() == 1 ? NameOf(kinds.front()) : "heads";
}

// What is there before anything is learned.
struct Prepared {
  Dataset dataset;
  Weights backbone;
  Model model;                     // without what is learned
  std::optional<Network> network;  // of the backbone; nothing when StopAsked()
};

Prepared Prepare(const HeadsArguments& arguments) {
  Prepared prepared = {.dataset = ReadDataSource(arguments.data),
                       .backbone = {},
                       .model = {},
                       .network = std::nullopt};
  const std::filesystem::path backbone_file = FindBackboneFile(arguments.backbone);
  prepared.backbone = ReadBackboneWeights(backbone_file);
  if (arguments.self_contained) RoundToBf16(prepared.backbone);
  Model& model = prepared.model;
  model.classes = prepared.dataset.classes;
  model.backbone_fingerprint = FingerprintOf(prepared.backbone);
  model.backbone_name = arguments.backbone_name;
  model.crop.mode = CropModeFromName(arguments.crop_mode);
  model.proposals = arguments.proposals.Over(DefaultProposals());
  model.context_weight = static_cast<float>(arguments.context);
  if (!arguments.multibox.empty()) {
    model.multibox = RoundedBeside(arguments.self_contained ? prepared.backbone : Weights(),
                                   LoadMultiBox(arguments.multibox));
  }
  model.quantization = QuantizationIn(backbone_file);
  if (arguments.quantize) {
    MeasureOptions measure;
    measure.workers = arguments.run.workers;
    model.quantization = MeasureOnProposals(
        prepared.backbone, model.crop, model.proposals, PicturesOf(prepared.dataset), measure);
    if (StopAsked()) return prepared;
  }
  prepared.network.emplace(prepared.backbone, arguments.run.ForNetwork(model.quantization));
  return prepared;
}

// What proposes for held-out pictures, where the model has a MultiBox.
std::optional<Proposer> HeldOutProposer(const Prepared& prepared, const HeadsArguments& arguments) {
  const Model& model = prepared.model;
  if (!model.multibox) return std::nullopt;
  return ProposerOf(model.proposals, model.multibox, arguments.run);
}

TrainingFeatures FeaturesFor(const Prepared& prepared,
                             const HeadsArguments& arguments,
                             const std::optional<Proposer>& held_out_proposer) {
  return {.network = &*prepared.network,
          .backbone_fingerprint = prepared.model.backbone_fingerprint,
          .crop = prepared.model.crop,
          .proposals = prepared.model.proposals,
          .held_out_proposer = held_out_proposer ? &*held_out_proposer : nullptr,
          .max_proposals = static_cast<std::size_t>(arguments.max_training_boxes),
          .holdout = arguments.holdout,
          .mirrored_truth = !arguments.no_mirror,
          .context = arguments.context > 0,
          .to_move = arguments.no_box_regression
                         ? std::nullopt
                         : std::optional(BoxesToMoveOf(prepared.dataset.images.size(),
                                                       arguments.boxes.min_iou)),
          .cache = arguments.cache,
          .workers = arguments.run.workers};
}

TrainingOutcome Stopped(const HeadsArguments& arguments) {
  fmt::print(stderr, "stopped; the same command goes on from {}\n", arguments.cache);
  return {.status = StopStatus(), .json = {}};
}

// Which shard of the SVMs' classes is meant. What only all classes together give is refused.
Shard ChosenShard(const HeadsArguments& arguments, std::size_t class_count) {
  if (!arguments.Shards()) return {};
  const ShardOptions::Chosen chosen = arguments.shard.Choose();
  SayShard(chosen, ClassesOfShard(class_count, chosen.shard).size(), class_count, "classes");
  if (chosen.shard.IsWhole()) return {};
  if (arguments.calibrate) {
    throw UsageError(
        "--calibrate needs all classes: join the parts with 'deeper merge', then use 'deeper train "
        "calibrate'");
  }
  if (arguments.boxes.per_class) {
    throw UsageError("--box-per-class goes without shards, whose box regression is one for all");
  }
  return chosen.shard;
}

// The box regression of the model, if it gets one, from features that are kept already. Nothing
// when StopAsked().
std::optional<BoxRegression> BoxRegressionFrom(const TrainingFeatures& features,
                                               const Dataset& training,
                                               const HeadsArguments& arguments) {
  if (!features.to_move) return std::nullopt;
  TrainingFeatures profiles = features;
  profiles.features = false;
  profiles.mirrored_truth = false;
  const ExtractedImages extracted = LoadTrainingFeatures(training, profiles);
  if (StopAsked()) return std::nullopt;
  RequirePictures(extracted, training);
  return TrainBoxRegressionOn(
      extracted.to_move, training.classes.Size(), arguments.boxes, arguments.run.workers);
}

// From features that are kept already to a model on disk. Takes what it puts into the model out of
// `prepared`.
TrainingOutcome TrainOnFeatures(HeadsArguments arguments,
                                Prepared& prepared,
                                const Shard& shard,
                                const Split& split,
                                const TrainingFeatures& of_training,
                                const TrainingFeatures& of_held_out,
                                const Stopwatch& watch) {
  const Dataset& dataset = prepared.dataset;
  fs::path output = arguments.output;
  if (!shard.IsWhole()) {
    output = PartPath(output, shard, ".safetensors");
    arguments.svm.only = ClassesOfShard(dataset.classes.Size(), shard);
  }
  ExtractedImages extracted = LoadTrainingFeatures(split.training, of_training);
  ExtractedImages extracted_held_out = LoadTrainingFeatures(split.held_out, of_held_out);
  if (StopAsked()) return Stopped(arguments);
  RequirePictures(extracted, split.training);
  const std::size_t pictures = extracted.images.size();
  const std::size_t unreadable =
      dataset.images.size() - pictures - extracted_held_out.images.size();
  Model model = std::move(prepared.model);
  model.training =
      TrainingFacts(arguments, dataset, pictures, prepared.network->options().precision);
  if (of_held_out.box_regression != nullptr) model.box_regression = *of_held_out.box_regression;
  const HeldOut held_out = HeldOutOf(split.held_out, std::move(extracted_held_out));
  std::vector<TrainingImage> training = TrainingImagesOf(std::move(extracted));
  ScaleForTraining(training, arguments, model);
  model = WithBestClassifiers(model, training, held_out, arguments);
  if (arguments.calibrate && !model.training.contains("calibrated on")) {
    fmt::print(
        stderr,
        "not calibrated: on the {} held-out pictures larger scores are not more often right; "
        "more of them, or 'deeper train calibrate' on others, may help\n",
        held_out.truth.images.size());
  }
  if (arguments.self_contained) model.backbone = std::move(prepared.backbone);
  if (!shard.IsWhole()) MakePart(shard, model);
  SaveModel(model, output);
  fmt::print(stderr,
             "{}: {} classes, {} classifiers, trained on {} pictures\n",
             output.string(),
             model.classes.Size(),
             NameOf(model.classifiers.kind),
             pictures);
  nlohmann::ordered_json worth;
  if (!held_out.regions.empty() && shard.IsWhole()) {
    worth = ReportHoldout(held_out, model, arguments);
  }
  TrainingOutcome outcome = {.status = unreadable == 0 ? kDone : kSomeInputsFailed, .json = {}};
  if (arguments.json) {
    outcome.json = LineOf({{"training", NameOf(arguments.kinds)},
                           {"output", output.string()},
                           {"classes", model.classes.Size()},
                           {"classifiers", NameOf(model.classifiers.kind)},
                           {"scores", model.calibration ? "probabilities" : "margins"},
                           {"pictures",
                            {{"training", pictures},
                             {"held_out", held_out.regions.size()},
                             {"unreadable", unreadable}}},
                           {"held_out", worth},
                           {"facts", model.training},
                           {"seconds", watch.Seconds()}});
  }
  return outcome;
}

// Trains one or several detectors on the same pictures. Each stage is gone through for all of them,
// so that networks that have rows in common extract features together, those of held-out pictures
// too, which say where each one's box regression moves the boxes.
std::vector<TrainingOutcome> RunHeads(const std::vector<HeadsArguments>& all) {
  const Stopwatch watch;
  std::vector<Prepared> prepared;
  std::vector<Shard> shards;
  for (const HeadsArguments& arguments : all) {
    RequireWritable(arguments.output);
    prepared.push_back(Prepare(arguments));
    if (StopAsked()) return {{.status = StopStatus(), .json = {}}};
    shards.push_back(ChosenShard(arguments, prepared.back().dataset.classes.Size()));
  }
  const bool are_several = all.size() > 1;
  const Split split = SplitOf(prepared.front().dataset, all.front().holdout);
  // As in use, all score what the first proposes.
  const std::optional<Proposer> proposer = HeldOutProposer(prepared.front(), all.front());
  std::vector<TrainingFeatures> of_training;
  for (std::size_t i = 0; i < all.size(); ++i) {
    of_training.push_back(FeaturesFor(prepared[i], all[i], proposer));
    if (!are_several) continue;
    of_training.back().row_fingerprints =
        RowFingerprints(prepared[i].backbone, prepared[i].network->options());
  }
  FillTrainingFeaturesForAll(split.training, of_training);
  if (StopAsked()) return {Stopped(all.front())};
  std::vector<TrainingFeatures> of_held_out = of_training;
  std::vector<std::optional<BoxRegression>> regressions;
  regressions.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    regressions.push_back(BoxRegressionFrom(of_training[i], split.training, all[i]));
    if (StopAsked()) return {Stopped(all.front())};
    of_training[i].to_move.reset();
    of_held_out[i].mirrored_truth = false;
    if (regressions[i]) of_held_out[i].box_regression = &*regressions[i];
  }
  FillTrainingFeaturesForAll(split.held_out, of_held_out);
  if (StopAsked()) return {Stopped(all.front())};
  std::vector<TrainingOutcome> outcomes;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (are_several)
      fmt::print(stderr, "\ndetector {} of {}: {}\n", i + 1, all.size(), all[i].output);
    outcomes.push_back(TrainOnFeatures(
        all[i], prepared[i], shards[i], split, of_training[i], of_held_out[i], watch));
    const int status = outcomes.back().status;
    if (status != kDone && status != kSomeInputsFailed) break;
  }
  return outcomes;
}

TrainingOutcome RunHeads(const HeadsArguments& arguments) {
  return RunHeads(std::vector{arguments}).back();
}

TrainingOutcome RunFeatures(const HeadsArguments& arguments) {
  const Stopwatch watch;
  const ShardOptions::Chosen chosen = arguments.shard.Choose();
  const Prepared prepared = Prepare(arguments);
  if (StopAsked()) return {.status = StopStatus(), .json = {}};
  const std::size_t all = prepared.dataset.images.size();
  std::vector<std::size_t> own = PicturesOfShard(PicturesOf(prepared.dataset), chosen.shard);
  SayShard(chosen, own.size(), all);
  const std::optional<Proposer> proposer = HeldOutProposer(prepared, arguments);
  const TrainingFeatures how = FeaturesFor(prepared, arguments, proposer);
  // Those of held-out pictures say where the box regression moves them, which is trained on all
  // others first.
  if (how.to_move) {
    std::erase_if(own, [&](std::size_t i) {
      return IsHeldOut(prepared.dataset.images[i].id, arguments.holdout);
    });
  }
  const std::size_t unreadable = FillTrainingFeatures(prepared.dataset, own, how);
  if (StopAsked()) return Stopped(arguments);
  fmt::print(
      stderr, "{}: has the features of {} pictures\n", arguments.cache, own.size() - unreadable);
  TrainingOutcome outcome = {.status = StatusOf(unreadable, own.size()), .json = {}};
  if (arguments.json) {
    outcome.json =
        LineOf({{"training", "features"},
                {"cache", arguments.cache},
                {"pictures", {{"extracted", own.size() - unreadable}, {"unreadable", unreadable}}},
                {"seconds", watch.Seconds()}});
  }
  return outcome;
}

// The arguments of a training of both kinds; nothing when help was asked for.
std::optional<HeadsArguments> ParseBoth(const Arguments& words, Sources sources) {
  HeadsArguments arguments({ClassifierKind::kSvm, ClassifierKind::kSoftmax});
  CommandLine line(
      "train heads",
      "Trains SVMs and softmax classifiers on the features of a given GoogLeNet, keeps "
      "those that are better on held-out pictures, and box regression.",
      {"deeper train heads --data voc:my-pictures --set train --holdout 0.1 "
       "--calibrate --output mine.safetensors",
       "deeper train heads --data voc:my-pictures --set train --holdout 0.1 --backbone "
       "tuned.safetensors --self-contained --quantize --output mine.safetensors"});
  if (!ParseHeads(words, sources, std::move(line), arguments)) return std::nullopt;
  return arguments;
}

}  // namespace

TrainingOutcome TrainFeatures(const Arguments& words) {
  HeadsArguments arguments({});
  CommandLine line(
      "train features",
      "Extracts the features that 'deeper train svm', 'softmax' and 'heads' would, and keeps them "
      "where those look for them: to spread this work over machines.",
      {"deeper train features --data voc:VOC2007 --set trainval --output mine.safetensors",
       "deeper train features --data voc:VOC2007 --set trainval --output mine.safetensors --shard "
       "3/64"});
  return ParseHeads(words, Sources::kAll, std::move(line), arguments) ? RunFeatures(arguments)
                                                                      : TrainingOutcome();
}

TrainingOutcome TrainSvm(const Arguments& words) {
  HeadsArguments arguments({ClassifierKind::kSvm});
  CommandLine line("train svm",
                   "Trains a linear SVM a class and box regression on the features of a given "
                   "GoogLeNet (R-CNN, section 2.3).",
                   {"deeper train svm --data voc:my-pictures --set train --output mine.safetensors",
                    "deeper train svm --data voc:VOC2007 --set trainval --holdout 0.25 --output "
                    "trial.safetensors",
                    "deeper train svm --data voc:VOC2007 --set trainval --output mine.safetensors "
                    "--shard 3/4           # a part of the classes, for 'deeper merge'"});
  return ParseHeads(words, Sources::kAll, std::move(line), arguments) ? RunHeads(arguments)
                                                                      : TrainingOutcome();
}

TrainingOutcome TrainSoftmaxHeads(const Arguments& words) {
  HeadsArguments arguments({ClassifierKind::kSoftmax});
  CommandLine line(
      "train softmax",
      "Trains softmax classifiers (multinomial logistic regression over background and "
      "the classes) and box regression on the features of a given GoogLeNet.",
      {"deeper train softmax --data voc:my-pictures --set train --output "
       "mine.safetensors",
       "deeper train softmax --data voc:VOC2007 --set trainval --holdout 0.25 "
       "--calibrate --output trial.safetensors"});
  return ParseHeads(words, Sources::kAll, std::move(line), arguments) ? RunHeads(arguments)
                                                                      : TrainingOutcome();
}

TrainingOutcome TrainHeads(const Arguments& words) {
  const std::optional<HeadsArguments> arguments = ParseBoth(words, Sources::kAll);
  return arguments ? RunHeads(*arguments) : TrainingOutcome();
}

std::vector<TrainingOutcome> TrainHeadsOf(const std::vector<Arguments>& words) {
  std::vector<HeadsArguments> arguments;
  arguments.reserve(words.size());
  for (const Arguments& of_member : words)
    arguments.push_back(ParseBoth(of_member, Sources::kWordsAlone).value());
  return RunHeads(arguments);
}

}  // namespace deeper::tools
