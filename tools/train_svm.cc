#include "tools/train_svm.h"

#include <fmt/format.h>

#include <cmath>

#include "backbone/weight_files.h"
#include "core/error.h"
#include "core/file.h"
#include "detector/detect.h"
#include "detector/model.h"
#include "detector/training.h"
#include "eval/evaluate.h"
#include "eval/report_text.h"
#include "tools/command_line.h"
#include "tools/data_source.h"
#include "tools/find_model.h"
#include "tools/holdout.h"
#include "tools/network_options.h"
#include "tools/parallel.h"
#include "tools/progress.h"
#include "tools/training_features.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct TrainSvmArguments {
  DataSource data;
  std::string backbone;
  std::string backbone_name = "GoogLeNet";
  std::string output;
  std::string cache;
  int max_training_boxes = 0;
  std::string crop_mode = "warp";
  std::string norm = "unit";
  SvmTrainingOptions svm;
  BoxRegressionTrainingOptions boxes;
  bool no_mirror = false;
  // Box voting, chosen on 100 held-out training pictures of VOC 2007: 41.0 mAP without, 45.4 at
  // 0.5, 46.9 at 0.4.
  double vote_iou = 0.4;
  bool no_box_regression = false;
  double holdout = 0;
  bool self_contained = false;
  ProposalOptions proposals;
  RunOptions run;

  // R-CNN's C is 1e-3 and its weight 2, for thousands of pictures. These are the best of a grid on
  // 100 held-out training pictures of VOC 2007; docs/training.md has it.
  TrainSvmArguments() {
    svm.svm.c = 2e-3;
    svm.svm.positive_weight = 3;
  }
};

bool ParseTrainSvm(const Arguments& words, TrainSvmArguments& a) {
  CommandLine line("train svm",
                   "Trains a linear SVM a class and box regression on the features of a given "
                   "GoogLeNet (R-CNN, section 2.3).",
                   {"deeper train svm --data voc:my-pictures --set train --output mine.safetensors",
                    "deeper train svm --data voc:VOC2007 --set trainval --holdout 0.25 --output "
                    "trial.safetensors"});
  // clang-format off
  a.data.AddOptions(line.Group("Data"));
  line.Group("Model").add_options()
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the detector to write")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights, .caffemodel or .safetensors; default: looked for in $DEEPER_MODELS and models/")
      ("backbone-name", po::value(&a.backbone_name)->default_value(a.backbone_name)->value_name("NAME"), "what people call these weights")
      ("self-contained", po::bool_switch(&a.self_contained), "put the backbone into the file instead of naming it");
  line.Group("Features").add_options()
      ("cache", po::value(&a.cache)->value_name("DIR"), "where features are kept; a stopped training goes on from it; default: <output>.features")
      ("max-training-boxes", po::value(&a.max_training_boxes)->default_value(0)->value_name("N"), "proposals used of each picture; 0 uses all")
      ("crop", po::value(&a.crop_mode)->default_value(a.crop_mode)->value_name("MODE"), "warp or square");
  a.proposals.AddOptions(line.Group("Proposals"));
  line.Group("Training").add_options()
      ("norm", po::value(&a.norm)->default_value(a.norm)->value_name("NAME"), "scaling of features: unit (each to length 20) or mean (R-CNN's)")
      ("svm-c", po::value(&a.svm.svm.c)->default_value(a.svm.svm.c)->value_name("C"), "weight of the hinge loss")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not take each object's mirror image as a second positive")
      ("positive-weight", po::value(&a.svm.svm.positive_weight)->default_value(a.svm.svm.positive_weight)->value_name("W"), "weight of a positive against a negative")
      ("negative-iou", po::value(&a.svm.negative_max_iou)->default_value(a.svm.negative_max_iou)->value_name("IOU"), "proposals that overlap every object of the class by less are negatives")
      ("no-box-regression", po::bool_switch(&a.no_box_regression), "train none")
      ("box-lambda", po::value(&a.boxes.lambda)->default_value(a.boxes.lambda)->value_name("L"), "ridge of the box regression")
      ("box-iou", po::value(&a.boxes.min_iou)->default_value(a.boxes.min_iou)->value_name("IOU"), "proposals that overlap an object by more teach the box regression")
      ("box-per-class", po::bool_switch(&a.boxes.per_class), "one box regression a class (R-CNN) instead of one for all")
      ("vote-iou", po::value(&a.vote_iou)->default_value(a.vote_iou)->value_name("IOU"), "detections become the weighted mean of the boxes of their class that overlap them by this much; 0: they stay")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "keep this fraction of the pictures out of training and print the mAP on them; nothing of the test set is needed to choose options");
  a.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  CheckRange("holdout", a.holdout, 0, 0.9);
  CheckRange("vote-iou", a.vote_iou, 0, 1);
  CheckRange("max-training-boxes", a.max_training_boxes, 0, 1e6);
  ValueOf("crop", [&] { return CropModeFromName(a.crop_mode); });
  ValueOf("norm", [&] { return FeatureNormFromName(a.norm); });
  a.svm.Validate();
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

// The held-out pictures without the boxes that only the annotations gave, detected and evaluated.
void ReportHoldout(const Model& model,
                   const Dataset& dataset,
                   const ExtractedImages& extracted,
                   int workers) {
  DetectionSet found{.classes = model.classes, .images = {}};
  Dataset truth = dataset;
  truth.images.clear();
  const DetectOptions options{
      .box_regression = true, .min_score = model.min_score, .nms = model.nms};
  for (std::size_t i = 0; i < extracted.images.size(); ++i) {
    const AnnotatedImage& annotated = dataset.images[extracted.positions[i]];
    RegionFeatures regions = extracted.images[i].regions;
    const auto own = static_cast<std::ptrdiff_t>(extracted.images[i].truth.size());
    regions.boxes.erase(regions.boxes.begin(), regions.boxes.begin() + own);
    regions.features.erase(
        regions.features.begin(),
        regions.features.begin() + own * static_cast<std::ptrdiff_t>(regions.feature_dim));
    truth.images.push_back(annotated);
    found.images.push_back({.id = annotated.id,
                            .width = regions.image_width,
                            .height = regions.image_height,
                            .detections = DetectFromFeatures(model, std::move(regions), options)});
  }
  for (const Protocol protocol : {Protocol::kVoc07, Protocol::kVoc12}) {
    const Evaluation evaluation =
        Evaluate(truth, found, {.protocol = protocol, .workers = workers});
    fmt::print("held out, {} pictures, {}:\n{}\n",
               truth.images.size(),
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

// Scales the features and trains the model's heads on them.
void TrainHeads(std::vector<TrainingImage>& training,
                const TrainSvmArguments& arguments,
                Model& model) {
  model.scaling.norm = FeatureNormFromName(arguments.norm);
  model.scaling.mean_norm = static_cast<float>(MeanNorm(training));
  for (TrainingImage& image : training) {
    ScaleFeatures(image.regions.features, image.regions.feature_dim, model.scaling);
  }
  const std::size_t classes = model.classes.Size();
  {
    ProgressLine progress("training SVMs", "steps", training.size() * classes);
    std::size_t shown = 0;
    model.classifiers = TrainClassifiers(training,
                                         classes,
                                         arguments.svm,
                                         arguments.run.workers,
                                         [&](std::size_t done, std::size_t) {
                                           progress.Advance(done - shown);
                                           shown = done;
                                         });
  }
  if (!arguments.no_box_regression) {
    model.box_regression = TrainBoxRegression(training, classes, arguments.boxes);
  }
}

}  // namespace

int TrainSvm(const Arguments& words) {
  TrainSvmArguments arguments;
  if (!ParseTrainSvm(words, arguments)) return kDone;

  RequireWritable(arguments.output);
  const Dataset dataset = ReadDataSource(arguments.data);
  const std::filesystem::path backbone_file = FindBackboneFile(arguments.backbone);
  Weights backbone = ReadBackboneWeights(backbone_file);
  Model model;
  model.quantization = ReadBackboneQuantization(backbone_file);
  const Network network(backbone, arguments.run.ForNetwork(model.quantization));
  model.classes = dataset.classes;
  model.backbone_fingerprint = FingerprintOf(backbone);
  model.backbone_name = arguments.backbone_name;
  model.crop.mode = CropModeFromName(arguments.crop_mode);
  model.proposals = arguments.proposals.Over(DefaultProposals());
  model.nms.vote_iou = arguments.vote_iou;

  ExtractedImages extracted = ExtractTrainingFeatures(
      dataset,
      {.network = &network,
       .backbone_fingerprint = model.backbone_fingerprint,
       .crop = model.crop,
       .proposals = model.proposals,
       .max_proposals = static_cast<std::size_t>(arguments.max_training_boxes),
       .mirrored_truth = !arguments.no_mirror,
       .cache = arguments.cache,
       .workers = arguments.run.workers});
  if (StopAsked()) {
    fmt::print(stderr, "stopped; the same command goes on from {}\n", arguments.cache);
    return StopStatus();
  }
  const bool all_read = extracted.images.size() == dataset.images.size();

  Split split = SplitOff(std::move(extracted), dataset, arguments.holdout);
  TrainHeads(split.training, arguments, model);
  if (arguments.self_contained) model.backbone = std::move(backbone);
  model.training = {
      {"data", dataset.name},
      {"pictures", std::to_string(split.training_pictures)},
      {"precision", NameOf(network.options().precision)},
      {"mirrored objects", arguments.no_mirror ? "no" : "yes"},
      {"boxes a picture",
       arguments.max_training_boxes == 0 ? "all" : std::to_string(arguments.max_training_boxes)},
      {"svm_c", fmt::format("{}", arguments.svm.svm.c)},
      {"positive_weight", fmt::format("{}", arguments.svm.svm.positive_weight)},
      {"box_lambda", fmt::format("{}", arguments.boxes.lambda)}};
  SaveModel(model, arguments.output);
  fmt::print(stderr,
             "{}: {} classes, trained on {} pictures\n",
             arguments.output,
             model.classes.Size(),
             split.training_pictures);
  if (!split.held_out.images.empty())
    ReportHoldout(model, dataset, split.held_out, arguments.run.workers);
  return all_read ? kDone : kSomeInputsFailed;
}

}  // namespace deeper::tools
