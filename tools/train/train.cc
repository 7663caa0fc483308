#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/second_words.h"
#include "tools/train/all.h"
#include "tools/train/boxes.h"
#include "tools/train/calibrate.h"
#include "tools/train/classify.h"
#include "tools/train/fast_rcnn.h"
#include "tools/train/finetune.h"
#include "tools/train/heads.h"
#include "tools/train/multibox.h"
#include "tools/train/ranker.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace {

struct Training {
  std::string_view name;
  TrainingOutcome (*run)(const Arguments&);
  std::string_view what;
};

constexpr std::array<Training, 12> kTrainings = {{
    {"all", RunTrainAll, "all that a detector needs, in order; begin here"},
    {"fast-rcnn",
     RunTrainFastRcnn,
     "a detector that looks once at a picture, all of it together (Fast R-CNN)"},
    {"ranker", RunTrainRanker, "which regions such a detector looks at closely"},
    {"finetune",
     RunTrainFinetune,
     "the network itself, as a classifier of regions (R-CNN); first, if at all"},
    {"features",
     RunTrainFeatures,
     "nothing: extracts the features for the next three, on one machine or many"},
    {"svm",
     RunTrainSvm,
     "linear SVMs and box regression on the features of a given network (R-CNN)"},
    {"softmax", RunTrainSoftmax, "softmax classifiers instead of SVMs"},
    {"heads", RunTrainHeads, "both, keeping those that are better on held-out pictures"},
    {"boxes", RunTrainBoxes, "the box regression of an existing detector anew"},
    {"calibrate", RunTrainCalibrate, "probabilities and operating points for a detector's scores"},
    {"multibox", RunTrainMultiBox, "a network that proposes boxes for a whole picture (MultiBox)"},
    {"classify", RunTrainClassify, "the network on whole pictures, from a folder for each class"},
}};

}  // namespace

std::vector<SecondWord> TrainingWords() {
  std::vector<SecondWord> words;
  for (const Training& training : kTrainings)
    words.push_back({.name = training.name, .what = training.what});
  return words;
}

int RunTrain(const Arguments& words) {
  if (AsksForHelp(words)) {
    fmt::print(
        "Trains a detector for the classes of an annotated data set.\n\n"
        "Examples:\n"
        "  deeper train all --data voc:my-pictures --set train --output mine.safetensors\n"
        "  deeper train svm --help\n\n"
        "{}",
        SecondWordsHelp("train", TrainingWords()));
    return kDone;
  }
  const Training& training = kTrainings.at(FindSecondWord("train", words, TrainingWords()));
  const TrainingOutcome outcome = training.run({words.begin() + 1, words.end()});
  if (!outcome.json.empty()) fmt::print("{}\n", outcome.json);
  return outcome.status;
}

}  // namespace deeper::tools
