#include "tools/options/foreign_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/files/file.h"
#include "core/text/lower.h"

namespace deeper::tools {

namespace {

// An option of this program, or none where there is nothing alike.
struct ForeignOption {
  std::string_view words;    // of others, between blanks
  std::string_view options;  // ours, between blanks: the first that the verb has is meant
  std::string_view
      why;  // what it does here, or why nothing does; of that alone where it has no option
};

// Of rows that mean one of several options, or none.
constexpr std::string_view kSizes =
    "imgsz img img-size image-size input-size size resize resolution scale min-size shape";
constexpr std::string_view kBatches =
    "batch batch-size bs batchsize mini-batch imgs-per-gpu samples-per-gpu ims-per-batch";
constexpr std::string_view kDurations =
    "epochs epoch num-epochs max-epochs iterations iters iter max-iter max-iters num-iters "
    "max-steps num-steps training-steps steps";
constexpr std::string_view kRates = "lr lr0 learning-rate base-lr rate init-lr";

// The first row with an option that the verb has goes before the first row without any.
// clang-format off
constexpr std::array kForeignOptions = {
    ForeignOption{"conf conf-thres conf-threshold conf-thresh confidence confidence-threshold min-confidence threshold thresh thr score score-thr score-thres score-thresh score-threshold min-conf",
                  "min-score", "detections below it are left out"},
    ForeignOption{"iou iou-thres iou-thresh iou-threshold nms nms-thr nms-thres nms-thresh nms-threshold overlap",
                  "nms-iou iou", "an overlap from 0 to 1"},
    ForeignOption{"device devices gpu gpus gpu-id gpu-ids cuda cpu ngpus",
                  "", "the network runs on the processor, on all of its cores or on as many as --workers says"},
    ForeignOption{"threads num-threads nthreads jobs num-workers nproc num-proc cpus processes parallel",
                  "workers", "threads, each on its own picture"},
    ForeignOption{kSizes,
                  "short-side", "pixels of the short side of a picture as the network sees it"},
    ForeignOption{kSizes,
                  "", "pictures of any size are taken as they are"},
    ForeignOption{"weights weight model-path model-file model-name models checkpoint ckpt net network detector",
                  "model", "the file of a detector"},
    ForeignOption{"weights weight model pretrained pretrained-weights pretrained-model init init-weights checkpoint ckpt net network base-model",
                  "backbone", "the file of a network to begin with"},
    ForeignOption{"source src image images img-dir image-dir img-path image-path imgs picture pictures photo photos file files path video input-dir input-path in",
                  "input", "the name alone is enough"},
    ForeignOption{"source src image images dataset data-dir data-path data-root data-set dataset-dir ann annotation annotations ann-file anno gt ground-truth truth labels label-dir coco voc yolo yaml train train-data val-data input",
                  "data", "a data set in any layout"},
    ForeignOption{"split subset partition image-set imageset task", "set", "the list of pictures"},
    ForeignOption{"predictions prediction preds pred results result dets det dt", "detections", "a file or a directory of them"},
    ForeignOption{kBatches, "batch", "examples of a step"},
    ForeignOption{kBatches, "regions", "of each picture; --pictures is how many pictures a step takes"},
    ForeignOption{kBatches, "foreground", "objects of a step; --background is the rest of it"},
    ForeignOption{kBatches, "", "pictures are worked on one by one, as many at a time as --workers says"},
    ForeignOption{kDurations,
                  "steps", "an epoch is as many steps as there are pictures, divided by those of a step"},
    ForeignOption{kDurations, "softmax-steps", "at most"},
    ForeignOption{kDurations, "", "trainings have --steps: 'deeper train all'"},
    ForeignOption{kRates, "rate", "the learning rate at the start"},
    ForeignOption{kRates, "", "single trainings have --rate: 'deeper train fast-rcnn'"},
    ForeignOption{"wd decay l2", "weight-decay", "the pull of weights to zero"},
    ForeignOption{"scheduler lr-scheduler lr-schedule lr-policy cos-lr", "schedule", "how the learning rate falls"},
    ForeignOption{"freeze freeze-layers frozen-layers", "frozen", "the last row of the network that is not trained"},
    ForeignOption{"val-split validation-split val-ratio test-size val val-fraction", "holdout", "the fraction of the pictures that is kept out of training"},
    ForeignOption{"ema", "average", "Polyak averaging"},
    ForeignOption{"project name out outdir out-dir output-dir output-path output-file save-dir save-path save-to save dest destination exp run-name work-dir logdir result-dir results-dir export",
                  "output", "where results go"},
    ForeignOption{"resume restart continue", "", "the same command goes on where it was stopped"},
    ForeignOption{"exist-ok overwrite force", "", "results of the same name are replaced"},
    ForeignOption{"max-det max-dets max-detections detections-per-img detections-per-image", "max-per-class", "detections kept of a class in a picture"},
    ForeignOption{"max-proposals num-proposals proposals-per-image rois num-rois max-rois", "max-proposals max-regions", "the best ones are kept"},
    ForeignOption{"class cls only-classes filter filter-classes class-name label categories category names", "only-class class classes", "names, as the model or the data set has them"},
    ForeignOption{"num-classes nc nclasses", "", "the classes are those of the data set or the model"},
    ForeignOption{"half fp16 fp32 bf16 int8 amp dtype quantized", "precision", "f32, bf16 or int8"},
    ForeignOption{"save-txt save-json save-csv save-format output-format out-format type", "format to", "the formats that are written"},
    ForeignOption{"nosave no-save no-draw no-visualize no-images", "no-drawings", "writes no annotated pictures"},
    ForeignOption{"show view view-img display visualize visualise plot plots imshow", "", "'deeper show --open' draws and shows detections"},
    ForeignOption{"augment tta flip hflip test-time-augmentation", "mirror", "looks at the mirror image too"},
    ForeignOption{"vid-stride stride frame-stride frame-step skip skip-frames fps interval", "every", "of a video every N-th frame"},
    ForeignOption{"k topk top-k top5", "top", "classes named a picture"},
    ForeignOption{"metrics map eval-metric protocol", "metric", "ilsvrc, voc07, voc12 or coco"},
    ForeignOption{"html html-report", "report", "the directory of a page to look through"},
    ForeignOption{"cfg conf-file config-file opts options hyp", "config", "a file of options"},
    ForeignOption{"random-seed manual-seed random-state", "seed", "of all random draws"},
    ForeignOption{"verbose debug log-level quiet silent no-progress progress", "", "messages go to stderr, results to files or stdout"},
    ForeignOption{"usage man", "help", "shows the options"},
};
// clang-format on

struct VerbElsewhere {
  std::string_view words;
  std::string_view verb;
};

constexpr std::array kForeignVerbs = {
    VerbElsewhere{"predict prediction infer inference run find detection detections detector image "
                  "video track",
                  "detect"},
    VerbElsewhere{"val valid validate validation eval evaluation test score map metrics",
                  "evaluate"},
    VerbElsewhere{"view visualize visualise draw plot display explain", "show"},
    VerbElsewhere{"fit training finetune fine-tune learn", "train"},
    VerbElsewhere{"lint verify inspect doctor analyze analyse audit", "check"},
    VerbElsewhere{"proposals proposal selective-search", "propose"},
    VerbElsewhere{"join combine concat", "merge"},
    VerbElsewhere{"classification imagenet", "classify"},
    VerbElsewhere{"benchmark profile speed timing", "bench"},
    VerbElsewhere{"info summary models", "model info"},
    VerbElsewhere{"export onnx", "model export"},
    VerbElsewhere{"import", "model import"},
    VerbElsewhere{"quantize quantise", "model quantize"},
};

// As the tables have it.
std::string Plain(std::string_view word) {
  std::string plain = Lower(word);
  std::ranges::replace(plain, '_', '-');
  return plain;
}

bool IsAmong(std::string_view word, std::string_view words) {
  return std::ranges::count(SplitFields(words), word) > 0;
}

}  // namespace

std::optional<std::string> ForeignOptionHint(std::string_view option,
                                             const std::vector<std::string>& known) {
  const std::string word = Plain(option);
  // Ours, but for capitals or underscores.
  if (std::ranges::count(known, word) > 0) return fmt::format("did you mean '--{}'?", word);
  std::optional<std::string> otherwise;
  for (const ForeignOption& foreign : kForeignOptions) {
    if (!IsAmong(word, foreign.words)) continue;
    for (const std::string_view ours : SplitFields(foreign.options)) {
      if (std::ranges::count(known, ours) > 0)
        return fmt::format("here it is '--{}': {}", ours, foreign.why);
    }
    if (foreign.options.empty() && !otherwise) otherwise = foreign.why;
  }
  return otherwise;
}

std::optional<std::string> ForeignVerb(std::string_view verb) {
  for (const VerbElsewhere& foreign : kForeignVerbs) {
    if (IsAmong(Plain(verb), foreign.words)) return std::string(foreign.verb);
  }
  return std::nullopt;
}

}  // namespace deeper::tools
