#include "tools/train/heads_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
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
      ("output", po::value(&a.output)->required()->value_name("FILE"), a.kinds.empty() ? "the detector that they are for; it is not written" : "the detector to write")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights, .caffemodel or .safetensors; default: looked for in $DEEPER_MODELS and models/")
      ("self-contained", po::bool_switch(&a.self_contained), "put the backbone into the file, rounded to bf16 before anything is computed with it (12 MB), instead of naming it")
      ("quantize", po::bool_switch(&a.quantize), "measure on proposals of the training pictures what int8 needs, so that features are computed in it, here and in detection, where the processor has it")
      ("multibox", po::value(&a.multibox)->value_name("FILE"), "a MultiBox for the detector; held-out pictures are judged with its boxes among their proposals");
  if (!a.kinds.empty()) {
    model.add_options()
        ("backbone-name", po::value(&a.backbone_name)->default_value(a.backbone_name)->value_name("NAME"), "what people call these weights");
  }
  AddJsonOption(model, a.json);
  line.Group("Features").add_options()
      ("cache", po::value(&a.cache)->value_name("DIR"), "where features are kept; a stopped training goes on from it; default: <output>.features")
      ("max-training-boxes", po::value(&a.max_training_boxes)->default_value(0)->value_name("N"), "proposals used of each training picture; 0 uses all; of held-out pictures all are used")
      ("crop", po::value(&a.crop_mode)->default_value(a.crop_mode)->value_name("MODE"), "warp or square")
      ("context", po::value(&a.context)->default_value(a.context)->value_name("W"), "classifiers also read the whole picture's features, with this weight beside a region's; 0: they do not")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not take each object's mirror image as a second positive")
      ("no-box-regression", po::bool_switch(&a.no_box_regression), "train none")
      ("box-iou", po::value(&a.boxes.min_iou)->default_value(a.boxes.min_iou)->value_name("IOU"), "proposals that overlap an object by more teach the box regression")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "keep this fraction of the pictures out of training and print the mAP on them; nothing of the test set is needed to choose options");
  // clang-format on
  a.proposals.AddOptions(line.Group("Proposals"));
}

void AddTrainingOptions(CommandLine& line, HeadsArguments& a) {
  // clang-format off
  const std::string suppression_default = a.Chooses() ? "what suits the held-out pictures best" : fmt::format("{}", kVoteIou);
  auto& training = line.Group("Training");
  training.add_options()
      ("norm", po::value(&a.norm)->default_value(a.norm)->value_name("NAME"), "scaling of features: unit (each to length 20) or mean (R-CNN's)");
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
      ("box-lambda", po::value(&a.boxes.lambda)->default_value(a.boxes.lambda)->value_name("L"), "ridge of the box regression")
      ("box-per-class", po::bool_switch(&a.boxes.per_class), "one box regression a class (R-CNN) instead of one for all")
      ("vote-iou", po::value<double>()->notifier([&](double value) { a.vote_iou = value; })->value_name("IOU"), ("detections become the weighted mean of the boxes of their class that overlap them by this much; 0: they stay; default: " + suppression_default).c_str())
      ("soft-nms", po::value<double>()->notifier([&](double value) { a.soft_sigma = value; })->value_name("SIGMA"), "in detection, boxes that overlap a better one lose score by exp(-iou^2 / SIGMA) instead of being dropped; for probabilities; 0: they are dropped")
      ("calibrate", po::bool_switch(&a.calibrate), "make the scores probabilities by the detections of the held-out pictures");
  // clang-format on
}

}  // namespace

// R-CNN's C is 1e-3 and its weight 2, for thousands of pictures. These are the best of a grid on
// 100 held-out training pictures of VOC 2007; docs/training.md has it.
HeadsArguments::HeadsArguments(std::vector<ClassifierKind> trained) : kinds(std::move(trained)) {
  svm.svm.c = 2e-3;
  svm.svm.positive_weight = 3;
}

bool HeadsArguments::Trains(ClassifierKind kind) const {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool ParseHeads(const Arguments& words, Sources sources, CommandLine line, HeadsArguments& a) {
  a.data.AddOptions(line.Group("Data"));
  AddFeatureOptions(line, a);
  if (!a.kinds.empty()) AddTrainingOptions(line, a);
  auto& work = line.Group("Work");
  if (a.Shards()) a.shard.AddOptions(work);
  a.run.AddOptions(work);
  if (!line.Parse(words, sources)) return false;
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

}  // namespace deeper::tools
