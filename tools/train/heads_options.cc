#include "tools/train/heads_options.h"

#include <fmt/format.h>

#include <utility>

#include "detector/regions/crop.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

// What features depend on besides the data.
void AddFeatureOptions(CommandLine& line, HeadsArguments& a) {
  // clang-format off
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.output)->required()->value_name("FILE"), a.options.kinds.empty() ? "the detector that they are for; it is not written" : "the detector to write; another file that is there stays as FILE.before")
      ("backbone", po::value(&a.backbone)->value_name("MODEL"), "GoogLeNet's weights: .caffemodel, .safetensors or a detector; default: BVLC's, looked for in $DEEPER_MODELS and models/, else the network inside voc.safetensors")
      ("self-contained", po::bool_switch(&a.options.self_contained), "put the backbone into the file, rounded to bf16 before anything is computed with it (12 MB), instead of naming it")
      ("quantize", po::bool_switch(&a.options.quantize), "measure on proposals of the training pictures what int8 needs, so that features are computed in it, here and in detection, where the processor has it")
      ("multibox", po::value(&a.multibox)->value_name("MODEL"), "a MultiBox for the detector; held-out pictures are judged with its boxes among their proposals");
  if (!a.options.kinds.empty()) {
    model.add_options()
        ("backbone-name", po::value(&a.options.backbone_name)->default_value(a.options.backbone_name)->value_name("NAME"), "what people call these weights");
  }
  AddJsonOption(model, a.json);
  line.Group("Features").add_options()
      ("cache", po::value(&a.cache)->value_name("DIR"), "where features are kept; a stopped training goes on from it; default: <output>.features")
      ("max-training-boxes", po::value(&a.options.max_training_boxes)->default_value(a.options.max_training_boxes)->value_name("N"), "proposals used of each training picture; 0 uses all; of held-out pictures all are used")
      ("crop", po::value(&a.crop_mode)->default_value(a.crop_mode)->value_name("warp|square"), "warp: a region is stretched to a square; square: the tightest square around it is taken")
      ("context", po::value(&a.options.context)->default_value(a.options.context)->value_name("W"), "classifiers also read the whole picture's features, with this weight beside a region's; 0: they do not")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not take each object's mirror image as a second positive")
      ("no-box-regression", po::bool_switch(&a.no_box_regression), "train none")
      ("box-iou", po::value(&a.options.boxes.min_iou)->default_value(a.options.boxes.min_iou)->value_name("IOU"), "proposals that overlap an object by more teach the box regression")
      ("holdout", po::value(&a.options.holdout)->default_value(a.options.holdout)->value_name("F"), "keep this fraction of the pictures out of training and print the mAP on them; nothing of the test set is needed to choose options");
  // clang-format on
  a.proposals.AddOptions(line.Group("Proposals"));
}

void AddTrainingOptions(CommandLine& line, HeadsArguments& a) {
  // clang-format off
  const std::string suppression_default = a.options.Chooses() ? "what suits the held-out pictures best" : fmt::format("{}", kVoteIou);
  auto& training = line.Group("Training");
  training.add_options()
      ("norm", po::value(&a.norm)->default_value(a.norm)->value_name("unit|mean"), "scaling of features: unit, each to length 20, or mean, R-CNN's");
  if (a.options.Trains(ClassifierKind::kSvm)) {
    training.add_options()
        ("svm-c", po::value(&a.options.svm.svm.c)->default_value(a.options.svm.svm.c)->value_name("C"), "weight of the hinge loss")
        ("positive-weight", po::value(&a.options.svm.svm.positive_weight)->default_value(a.options.svm.svm.positive_weight)->value_name("W"), "weight of a positive against a negative, SVM")
        ("negative-iou", po::value(&a.options.svm.negative_max_iou)->default_value(a.options.svm.negative_max_iou)->value_name("IOU"), "proposals that overlap every object of the class by less are negatives, SVM");
  }
  if (a.options.Trains(ClassifierKind::kSoftmax)) {
    training.add_options()
        ("softmax-c", po::value(&a.options.softmax.c)->default_value(a.options.softmax.c)->value_name("C"), "weight of the logistic loss")
        ("softmax-positive-weight", po::value(&a.options.softmax.positive_weight)->default_value(a.options.softmax.positive_weight)->value_name("W"), "weight of an object's example against background, softmax")
        ("softmax-positive-iou", po::value(&a.options.softmax.positive_min_iou)->default_value(a.options.softmax.positive_min_iou)->value_name("IOU"), "proposals that overlap an object by this much show it, softmax")
        ("softmax-negative-iou", po::value(&a.options.softmax.negative_max_iou)->default_value(a.options.softmax.negative_max_iou)->value_name("IOU"), "proposals that overlap every object by less are background, softmax")
        ("softmax-steps", po::value(&a.options.softmax.max_steps)->default_value(a.options.softmax.max_steps)->value_name("N"), "steps of L-BFGS at most");
  }
  training.add_options()
      ("box-lambda", po::value(&a.options.boxes.lambda)->default_value(a.options.boxes.lambda)->value_name("L"), "ridge of the box regression")
      ("box-per-class", po::bool_switch(&a.options.boxes.per_class), "one box regression a class (R-CNN) instead of one for all")
      ("vote-iou", po::value<double>()->notifier([&](double value) { a.options.vote_iou = value; })->value_name("IOU"), ("detections become the weighted mean of the boxes of their class that overlap them by this much; 0: they stay; default: " + suppression_default).c_str())
      ("soft-nms", po::value<double>()->notifier([&](double value) { a.options.soft_sigma = value; })->value_name("SIGMA"), "in detection, boxes that overlap a better one lose score by exp(-iou^2 / SIGMA) instead of being dropped; for probabilities; 0: they are dropped")
      ("calibrate", po::bool_switch(&a.options.calibrate), "make the scores probabilities by the detections of the held-out pictures");
  // clang-format on
}

}  // namespace

bool ParseHeads(const Arguments& words, CommandLine line, HeadsArguments& a) {
  auto& data = line.Group("Data");
  a.data.AddOptions(data);
  a.reading.AddOptions(data);
  AddFeatureOptions(line, a);
  if (!a.options.kinds.empty()) AddTrainingOptions(line, a);
  auto& work = line.Group("Work");
  if (a.Shards()) a.shard.AddOptions(work);
  a.run.AddOptions(work);
  line.Restrict(
      {{.options = a.options.kinds.empty() ? "box-iou" : "box-iou box-lambda box-per-class",
        .without = "no-box-regression"}});
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  if (a.options.soft_sigma.value_or(0) > 0 && a.options.Trains(ClassifierKind::kSvm)) {
    throw UsageError(
        "--soft-nms needs probabilities: it goes with 'train softmax', or with 'deeper detect' for "
        "a detector that is calibrated");
  }
  if (a.options.holdout == 0 && (a.options.calibrate || a.options.Chooses())) {
    throw UsageError(
        "expected --holdout F, the fraction of the pictures that is kept out to judge by");
  }
  a.options.crop = ValueOf("crop", [&] { return CropModeFromName(a.crop_mode); });
  a.options.norm = ValueOf("norm", [&] { return FeatureNormFromName(a.norm); });
  a.run.Check();
  a.options.cache = a.cache.empty() ? a.output + ".features" : a.cache;
  a.options.mirror = !a.no_mirror;
  a.options.box_regression = !a.no_box_regression;
  a.options.proposals = a.proposals.Over(DefaultProposals());
  a.options.precision = a.run.Wanted();
  a.options.workers = a.run.workers;
  a.reading.Check();
  a.options.reading = a.reading.ForReadingAgain();
  CheckOptions(a.options);
  return true;
}

}  // namespace deeper::tools
