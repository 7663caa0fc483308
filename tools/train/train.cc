#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/text/nearest_name.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
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

int RunTrain(const Arguments& words) {
  std::vector<std::string> names;
  for (const Training& training : kTrainings) names.emplace_back(training.name);
  if (words.empty()) {
    throw UsageError(fmt::format("expected what to train, one of {}", fmt::join(names, ", ")));
  }
  if (words.front() == "--help" || words.front() == "-h") {
    fmt::print(
        "Trains a detector for the classes of an annotated data set.\n\n"
        "Examples:\n"
        "  deeper train all --data voc:my-pictures --set train --output mine.safetensors\n"
        "  deeper train svm --help\n\n"
        "What is trained:\n");
    for (const Training& training : kTrainings)
      fmt::print("  {:<10} {}\n", training.name, training.what);
    return kDone;
  }
  const auto* const found =
      std::find_if(kTrainings.begin(), kTrainings.end(), [&](const Training& training) {
        return training.name == words.front();
      });
  if (found == kTrainings.end()) {
    const std::optional<std::string> nearest = NearestName(words.front(), names);
    throw UsageError(fmt::format("'deeper train' cannot train '{}', expected one of {}{}",
                                 words.front(),
                                 fmt::join(names, ", "),
                                 nearest ? fmt::format("; did you mean '{}'?", *nearest) : ""));
  }
  const TrainingOutcome outcome = found->run({words.begin() + 1, words.end()});
  if (!outcome.json.empty()) fmt::print("{}\n", outcome.json);
  return outcome.status;
}

}  // namespace deeper::tools
