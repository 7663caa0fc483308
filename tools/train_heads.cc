#include "tools/train_heads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "backbone/safetensors.h"
#include "backbone/weight_files.h"
#include "core/error.h"
#include "core/file.h"
#include "detector/detect.h"
#include "detector/model.h"
#include "detector/training.h"
#include "eval/evaluate.h"
#include "eval/report_text.h"
#include "tools/calibration.h"
#include "tools/command_line.h"
#include "tools/data_source.h"
#include "tools/find_model.h"
#include "tools/holdout.h"
#include "tools/network_options.h"
#include "tools/parallel.h"
#include "tools/progress.h"
#include "tools/quantize.h"
#include "tools/training_features.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

// Box voting, chosen on 100 held-out training pictures of VOC 2007: 41.0 mAP without, 45.4 at 0.5,
// 46.9 at 0.4.
constexpr double kVoteIou = 0.4;

// What becomes of boxes that overlap a better one of their class; the fields of NmsOptions.
struct Suppression {
  double soft_sigma = 0;
  double vote_iou = 0;
};

struct HeadsArguments {
  std::vector<ClassifierKind> kinds;  // the best on held-out pictures is kept
  DataSource data;
  std::string backbone;
  std::string backbone_name = "GoogLeNet";
  std::string output;
  std::string cache;
  int max_training_boxes = 0;
  std::string crop_mode = "warp";
  std::string norm = "unit";
  SvmTrainingOptions svm;
  SoftmaxTrainingOptions softmax;
  BoxRegressionTrainingOptions boxes;
  bool no_mirror = false;
  std::optional<double> vote_iou;
  std::optional<double> soft_sigma;
  bool no_box_regression = false;
  double holdout = 0;
  double context = 0;
  bool calibrate = false;
  bool quantize = false;
  bool self_contained = false;
  ProposalOptions proposals;
  RunOptions run;

  // R-CNN's C is 1e-3 and its weight 2, for thousands of pictures. These are the best of a grid on
  // 100 held-out training pictures of VOC 2007; docs/training.md has it.
  explicit HeadsArguments(std::vector<ClassifierKind> trained) : kinds(std::move(trained)) {
    svm.svm.c = 2e-3;
    svm.svm.positive_weight = 3;
  }
  bool Trains(ClassifierKind kind) const {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }
  // Kinds and suppressions are judged by held-out pictures, and the best is kept.
  bool Chooses() const { return kinds.size() > 1; }
};

bool ParseHeads(const Arguments& words, CommandLine line, HeadsArguments& a) {
  // clang-format off
  a.data.AddOptions(line.Group("Data"));
  line.Group("Model").add_options()
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the detector to write")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights, .caffemodel or .safetensors; default: looked for in $DEEPER_MODELS and models/")
      ("backbone-name", po::value(&a.backbone_name)->default_value(a.backbone_name)->value_name("NAME"), "what people call these weights")
      ("self-contained", po::bool_switch(&a.self_contained), "put the backbone into the file, rounded to bf16 before anything is computed with it (12 MB), instead of naming it")
      ("quantize", po::bool_switch(&a.quantize), "measure on proposals of the training pictures what int8 needs, so that features are computed in it, here and in detection, where the processor has it");
  line.Group("Features").add_options()
      ("cache", po::value(&a.cache)->value_name("DIR"), "where features are kept; a stopped training goes on from it; default: <output>.features")
      ("max-training-boxes", po::value(&a.max_training_boxes)->default_value(0)->value_name("N"), "proposals used of each training picture; 0 uses all; of held-out pictures all are used")
      ("crop", po::value(&a.crop_mode)->default_value(a.crop_mode)->value_name("MODE"), "warp or square");
  a.proposals.AddOptions(line.Group("Proposals"));
  const std::string suppression_default = a.Chooses() ? "what suits the held-out pictures best" : fmt::format("{}", kVoteIou);
  auto& training = line.Group("Training");
  training.add_options()
      ("norm", po::value(&a.norm)->default_value(a.norm)->value_name("NAME"), "scaling of features: unit (each to length 20) or mean (R-CNN's)")
      ("context", po::value(&a.context)->default_value(a.context)->value_name("W"), "classifiers also read the whole picture's features, with this weight beside a region's; 0: they do not")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not take each object's mirror image as a second positive");
  if (a.Trains(ClassifierKind::kSvm)) {
    training.add_options()
        ("svm-c", po::value(&a.svm.svm.c)->default_value(a.svm.svm.c)->value_name("C"), "weight of the hinge loss")
        ("positive-weight", po::value(&a.svm.svm.positive_weight)->default_value(a.svm.svm.positive_weight)->value_name("W"), "weight of a positive against a negative, SVM")
        ("negative-iou", po::value(&a.svm.negative_max_iou)->default_value(a.svm.negative_max_iou)->value_name("IOU"), "proposals that overlap every object of the class by less are negatives, SVM");
  }
  if (a.Trains(ClassifierKind::kSoftmax)) {
    training.add_options()
        ("softmax-c", po::value(&a.softmax.c)->default_value(a.softmax.c)->value_name("C"), "weight of the logistic loss")
        ("softmax-positive-weight", po::value(&a.softmax.positive_weight)->default_value(a.softmax.positive_weight)->value_name("W"), "weight of an object's example against background, softmax")
        ("softmax-positive-iou", po::value(&a.softmax.positive_min_iou)->default_value(a.softmax.positive_min_iou)->value_name("IOU"), "proposals that overlap an object by this much show it, softmax")
        ("softmax-negative-iou", po::value(&a.softmax.negative_max_iou)->default_value(a.softmax.negative_max_iou)->value_name("IOU"), "proposals that overlap every object by less are background, softmax")
        ("softmax-steps", po::value(&a.softmax.max_steps)->default_value(a.softmax.max_steps)->value_name("N"), "steps of L-BFGS at most");
  }
  training.add_options()
      ("no-box-regression", po::bool_switch(&a.no_box_regression), "train none")
      ("box-lambda", po::value(&a.boxes.lambda)->default_value(a.boxes.lambda)->value_name("L"), "ridge of the box regression")
      ("box-iou", po::value(&a.boxes.min_iou)->default_value(a.boxes.min_iou)->value_name("IOU"), "proposals that overlap an object by more teach the box regression")
      ("box-per-class", po::bool_switch(&a.boxes.per_class), "one box regression a class (R-CNN) instead of one for all")
      ("vote-iou", po::value<double>()->notifier([&](double value) { a.vote_iou = value; })->value_name("IOU"), ("detections become the weighted mean of the boxes of their class that overlap them by this much; 0: they stay; default: " + suppression_default).c_str())
      ("soft-nms", po::value<double>()->notifier([&](double value) { a.soft_sigma = value; })->value_name("SIGMA"), "in detection, boxes that overlap a better one lose score by exp(-iou^2 / SIGMA) instead of being dropped; for probabilities; 0: they are dropped")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "keep this fraction of the pictures out of training and print the mAP on them; nothing of the test set is needed to choose options")
      ("calibrate", po::bool_switch(&a.calibrate), "make the scores probabilities by the detections of the held-out pictures");
  a.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  CheckRange("holdout", a.holdout, 0, 0.9);
  CheckRange("vote-iou", a.vote_iou.value_or(0), 0, 1);
  CheckRange("context", a.context, 0, 1000);
  CheckRange("soft-nms", a.soft_sigma.value_or(0), 0, 1000);
  if (a.soft_sigma.value_or(0) > 0 && a.Trains(ClassifierKind::kSvm)) {
    throw UsageError(
        "--soft-nms needs probabilities: it goes with 'train softmax', or with 'deeper detect' for "
        "a detector that is calibrated");
  }
  CheckRange("max-training-boxes", a.max_training_boxes, 0, 1e6);
  if (a.holdout == 0 && (a.calibrate || a.Chooses())) {
    throw UsageError(
        "expected --holdout F, the fraction of the pictures that is kept out to judge by");
  }
  ValueOf("crop", [&] { return CropModeFromName(a.crop_mode); });
  ValueOf("norm", [&] { return FeatureNormFromName(a.norm); });
  a.svm.Validate();
  a.softmax.Validate();
  a.boxes.Validate();
  a.run.Check();
  if (a.cache.empty()) a.cache = a.output + ".features";
  return true;
}

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

HeldOut HeldOutOf(const Dataset& dataset, ExtractedImages extracted) {
  HeldOut held_out = {.truth = dataset, .regions = {}};
  held_out.truth.images.clear();
  for (std::size_t i = 0; i < extracted.images.size(); ++i) {
    RegionFeatures& regions = extracted.images[i].regions;
    const auto own = static_cast<std::ptrdiff_t>(extracted.images[i].truth.size());
    regions.boxes.erase(regions.boxes.begin(), regions.boxes.begin() + own);
    regions.features.erase(
        regions.features.begin(),
        regions.features.begin() + own * static_cast<std::ptrdiff_t>(regions.feature_dim));
    held_out.truth.images.push_back(dataset.images[extracted.positions[i]]);
    held_out.regions.push_back(std::move(regions));
  }
  return held_out;
}

DetectionSet DetectIn(const HeldOut& held_out, const Model& model, const NmsOptions& nms) {
  DetectionSet found{.classes = model.classes, .images = {}};
  const DetectOptions options{.box_regression = true, .min_score = model.min_score, .nms = nms};
  for (std::size_t i = 0; i < held_out.regions.size(); ++i) {
    const RegionFeatures& regions = held_out.regions[i];
    found.images.push_back({.id = held_out.truth.images[i].id,
                            .width = regions.image_width,
                            .height = regions.image_height,
                            .detections = DetectFromFeatures(model, regions, options)});
  }
  return found;
}

// The mAP of a model on held-out pictures, voc07 protocol.
double MapOn(const HeldOut& held_out, const Model& model, int workers) {
  return Evaluate(held_out.truth,
                  DetectIn(held_out, model, model.nms),
                  {.protocol = Protocol::kVoc07, .workers = workers})
      .mean_average_precision;
}

void ReportHoldout(const HeldOut& held_out, const Model& model, int workers) {
  const DetectionSet found = DetectIn(held_out, model, model.nms);
  for (const Protocol protocol : {Protocol::kVoc07, Protocol::kVoc12}) {
    const Evaluation evaluation =
        Evaluate(held_out.truth, found, {.protocol = protocol, .workers = workers});
    fmt::print("held out, {} pictures, {}, {}:\n{}\n",
               held_out.truth.images.size(),
               NameOf(model.classifiers.kind),
               NameOf(protocol),
               EvaluationTable(evaluation, model.classes));
  }
}

// The extracted pictures, some kept for validation.
struct Split {
  std::vector<TrainingImage> training;
  std::size_t training_pictures = 0;  // mirror images not counted
  ExtractedImages held_out;
};

Split SplitOff(ExtractedImages extracted, const Dataset& dataset, double held_out_fraction) {
  Split split;
  for (std::size_t i = 0; i < extracted.images.size(); ++i) {
    if (IsHeldOut(dataset.images[extracted.positions[i]].id, held_out_fraction)) {
      split.held_out.positions.push_back(extracted.positions[i]);
      split.held_out.images.push_back(std::move(extracted.images[i]));
      continue;
    }
    ++split.training_pictures;
    split.training.push_back(std::move(extracted.images[i]));
    if (!extracted.mirrored.empty()) split.training.push_back(std::move(extracted.mirrored[i]));
  }
  if (split.training.empty()) {
    throw Error(
        fmt::format("{}: none of its {} pictures is left to train on; those that could not be read "
                    "are named above, --holdout takes its part",
                    dataset.name,
                    dataset.images.size()));
  }
  return split;
}

LinearClassifiers TrainKind(ClassifierKind kind,
                            const std::vector<TrainingImage>& training,
                            std::size_t classes,
                            const HeadsArguments& arguments) {
  const bool is_svm = kind == ClassifierKind::kSvm;
  ProgressLine progress(
      is_svm ? "training SVMs" : "training softmax",
      "steps",
      is_svm ? training.size() * classes : static_cast<std::size_t>(arguments.softmax.max_steps));
  std::size_t shown = 0;
  const Progress advance = [&](std::size_t done, std::size_t) {
    progress.Advance(done - shown);
    shown = done;
  };
  return is_svm
             ? TrainClassifiers(training, classes, arguments.svm, arguments.run.workers, advance)
             : TrainSoftmax(training, classes, arguments.softmax, arguments.run.workers, advance);
}

// Scales the features in place, sets the model's scaling and box regression, and joins the context
// behind the features.
void TrainSharedHeads(std::vector<TrainingImage>& training,
                      const HeadsArguments& arguments,
                      Model& model) {
  model.scaling.norm = FeatureNormFromName(arguments.norm);
  model.scaling.mean_norm = static_cast<float>(MeanNorm(training));
  for (TrainingImage& image : training) {
    ScaleFeatures(image.regions.features, image.regions.feature_dim, model.scaling);
  }
  if (!arguments.no_box_regression) {
    model.box_regression = TrainBoxRegression(training, model.classes.Size(), arguments.boxes);
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
  if (kind == ClassifierKind::kSoftmax) all.push_back({.soft_sigma = kSoftSigma});
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

// The model with the classifiers and the suppression that are best on the held-out pictures, and
// what was found there.
Model WithBestClassifiers(const Model& shared,
                          const std::vector<TrainingImage>& training,
                          const HeldOut& held_out,
                          const HeadsArguments& arguments) {
  std::optional<Model> best;
  double best_map = 0;
  std::string found;
  for (const ClassifierKind kind : arguments.kinds) {
    Model model = WithClassifiers(shared, kind, training, arguments);
    for (const Suppression& suppression : SuppressionsFor(kind, arguments)) {
      SetSuppression(suppression, model);
      if (!arguments.Chooses()) return model;
      const double map = MapOn(held_out, model, arguments.run.workers);
      found += fmt::format("{}{} with {} {:.2f}",
                           found.empty() ? "" : ", ",
                           NameOf(kind),
                           TextOf(suppression),
                           100 * map);
      if (best && map <= best_map) continue;
      best = model;
      best_map = map;
    }
  }
  fmt::print(stderr, "mAP on held-out pictures (voc07): {}\n", found);
  best->training["classifiers, held-out mAP"] = found;
  return *std::move(best);
}

// Soft suppression takes from what the curves give, so these are of boxes that are whole.
void CalibrateOn(const HeldOut& held_out, int workers, Model& model) {
  NmsOptions hard = model.nms;
  hard.soft_sigma = 0;
  const Evaluation evaluation = Evaluate(held_out.truth,
                                         MarginsOf(DetectIn(held_out, model, hard), model),
                                         {.protocol = Protocol::kVoc12, .workers = workers});
  SetCalibration(CalibrationOf(evaluation), model);
  model.training["calibrated on"] =
      fmt::format("{} held-out pictures", held_out.truth.images.size());
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
  }
  if (arguments.Trains(ClassifierKind::kSoftmax)) {
    facts["softmax_c"] = fmt::format("{}", arguments.softmax.c);
    facts["softmax_positive_weight"] = fmt::format("{}", arguments.softmax.positive_weight);
  }
  return facts;
}

int RunHeads(const HeadsArguments& arguments) {
  RequireWritable(arguments.output);
  const Dataset dataset = ReadDataSource(arguments.data);
  const std::filesystem::path backbone_file = FindBackboneFile(arguments.backbone);
  Weights backbone = ReadBackboneWeights(backbone_file);
  if (arguments.self_contained) RoundToBf16(backbone);
  Model model;
  model.classes = dataset.classes;
  model.backbone_fingerprint = FingerprintOf(backbone);
  model.backbone_name = arguments.backbone_name;
  model.crop.mode = CropModeFromName(arguments.crop_mode);
  model.proposals = arguments.proposals.Over(DefaultProposals());
  model.context_weight = static_cast<float>(arguments.context);
  model.quantization = QuantizationIn(backbone_file);
  if (arguments.quantize) {
    MeasureOptions measure;
    measure.workers = arguments.run.workers;
    model.quantization =
        MeasureOnProposals(backbone, model.crop, model.proposals, PicturesOf(dataset), measure);
    if (StopAsked()) return StopStatus();
  }
  const Network network(backbone, arguments.run.ForNetwork(model.quantization));

  ExtractedImages extracted = ExtractTrainingFeatures(
      dataset,
      {.network = &network,
       .backbone_fingerprint = model.backbone_fingerprint,
       .crop = model.crop,
       .proposals = model.proposals,
       .max_proposals = static_cast<std::size_t>(arguments.max_training_boxes),
       .holdout = arguments.holdout,
       .mirrored_truth = !arguments.no_mirror,
       .context = arguments.context > 0,
       .cache = arguments.cache,
       .workers = arguments.run.workers});
  if (StopAsked()) {
    fmt::print(stderr, "stopped; the same command goes on from {}\n", arguments.cache);
    return StopStatus();
  }
  const bool all_read = extracted.images.size() == dataset.images.size();

  Split split = SplitOff(std::move(extracted), dataset, arguments.holdout);
  const HeldOut held_out = HeldOutOf(dataset, std::move(split.held_out));
  model.training =
      TrainingFacts(arguments, dataset, split.training_pictures, network.options().precision);
  TrainSharedHeads(split.training, arguments, model);
  model = WithBestClassifiers(model, split.training, held_out, arguments);
  if (arguments.calibrate) CalibrateOn(held_out, arguments.run.workers, model);
  if (arguments.self_contained) model.backbone = std::move(backbone);
  SaveModel(model, arguments.output);
  fmt::print(stderr,
             "{}: {} classes, {} classifiers, trained on {} pictures\n",
             arguments.output,
             model.classes.Size(),
             NameOf(model.classifiers.kind),
             split.training_pictures);
  if (!held_out.regions.empty()) ReportHoldout(held_out, model, arguments.run.workers);
  return all_read ? kDone : kSomeInputsFailed;
}

}  // namespace

int TrainSvm(const Arguments& words) {
  HeadsArguments arguments({ClassifierKind::kSvm});
  CommandLine line("train svm",
                   "Trains a linear SVM a class and box regression on the features of a given "
                   "GoogLeNet (R-CNN, section 2.3).",
                   {"deeper train svm --data voc:my-pictures --set train --output mine.safetensors",
                    "deeper train svm --data voc:VOC2007 --set trainval --holdout 0.25 --output "
                    "trial.safetensors"});
  return ParseHeads(words, std::move(line), arguments) ? RunHeads(arguments) : kDone;
}

int TrainSoftmaxHeads(const Arguments& words) {
  HeadsArguments arguments({ClassifierKind::kSoftmax});
  CommandLine line(
      "train softmax",
      "Trains softmax classifiers (multinomial logistic regression over background and "
      "the classes) and box regression on the features of a given GoogLeNet.",
      {"deeper train softmax --data voc:my-pictures --set train --output "
       "mine.safetensors",
       "deeper train softmax --data voc:VOC2007 --set trainval --holdout 0.25 "
       "--calibrate --output trial.safetensors"});
  return ParseHeads(words, std::move(line), arguments) ? RunHeads(arguments) : kDone;
}

int TrainHeads(const Arguments& words) {
  HeadsArguments arguments({ClassifierKind::kSvm, ClassifierKind::kSoftmax});
  CommandLine line(
      "train heads",
      "Trains SVMs and softmax classifiers on the features of a given GoogLeNet, keeps "
      "those that are better on held-out pictures, and box regression.",
      {"deeper train heads --data voc:my-pictures --set train --holdout 0.1 "
       "--calibrate --output mine.safetensors",
       "deeper train heads --data voc:my-pictures --set train --holdout 0.1 --backbone "
       "tuned.safetensors --self-contained --quantize --output mine.safetensors"});
  return ParseHeads(words, std::move(line), arguments) ? RunHeads(arguments) : kDone;
}

}  // namespace deeper::tools
