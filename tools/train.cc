#include <fmt/format.h>

#include "core/error.h"
#include "tools/command_line.h"
#include "tools/train_classify.h"
#include "tools/train_finetune.h"
#include "tools/train_svm.h"
#include "tools/verbs.h"

namespace deeper::tools {

int RunTrain(const Arguments& words) {
  static constexpr const char* kHelp =
      "Trains a detector for the classes of an annotated data set.\n\n"
      "Examples:\n"
      "  deeper train svm --data voc:my-pictures --set train --output mine.safetensors\n"
      "  deeper train svm --help\n\n"
      "What is trained:\n"
      "  finetune   the network itself, as a classifier of regions (R-CNN); first, if at all\n"
      "  classify   the network on whole pictures, from a folder for each class\n"
      "  svm        linear SVMs and box regression on the features of a given network (R-CNN)\n";
  if (words.empty()) throw UsageError("expected what to train: classify, finetune or svm");
  if (words.front() == "--help" || words.front() == "-h") {
    fmt::print("{}", kHelp);
    return kDone;
  }
  if (words.front() == "classify") return TrainClassify({words.begin() + 1, words.end()});
  if (words.front() == "finetune") return TrainFinetune({words.begin() + 1, words.end()});
  if (words.front() == "svm") return TrainSvm({words.begin() + 1, words.end()});
  throw UsageError(fmt::format(
      "'deeper train' cannot train '{}', expected classify, finetune or svm", words.front()));
}

}  // namespace deeper::tools
