#include "tools/train_all.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "tools/command_line.h"
#include "tools/data_source.h"
#include "tools/find_model.h"
#include "tools/network_options.h"
#include "tools/stop_signal.h"
#include "tools/train_finetune.h"
#include "tools/train_heads.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

constexpr std::size_t kFewObjects = 20;
constexpr float kTinySide = 8;  // pixels
constexpr double kSameIou = 0.9;

struct AllArguments {
  DataSource data;
  std::string output;
  std::string backbone;
  std::string work;
  std::uint64_t steps = 0;
  std::string frozen = "inception_3b";
  double holdout = 0.1;
  int max_training_boxes = 150;
  std::string precision = "auto";
  int workers = 0;
};

bool ParseAll(const Arguments& words, AllArguments& a) {
  CommandLine line(
      "train all",
      "From annotated pictures to a detector: looks the labels over, fine-tunes GoogLeNet, trains "
      "classifiers and box regression, keeps the better kind, calibrates, and puts all into one "
      "file. The same command goes on where it was stopped.",
      {"deeper train all --data voc:my-pictures --set train --output mine.safetensors",
       "deeper train all --data coco:labels.json,pictures/ --output mine.safetensors",
       "deeper train all --data voc:VOC2007 --set trainval --steps 3000 --output voc.safetensors"});
  // clang-format off
  a.data.AddOptions(line.Group("Data"));
  line.Group("Model").add_options()
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the detector to write; beside it FILE.work/, which may be deleted afterwards")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights to begin with; default: looked for in $DEEPER_MODELS and models/");
  line.Group("Training").add_options()
      ("steps", po::value(&a.steps)->default_value(a.steps)->value_name("N"), "of fine-tuning, 128 regions each; 0: one for every two pictures, from 300 to 3000")
      ("frozen", po::value(&a.frozen)->default_value(a.frozen)->value_name("ROW"), "the last row that fine-tuning leaves as it is; '' trains all")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "fraction of the pictures that is kept out of training, to choose and calibrate by")
      ("max-training-boxes", po::value(&a.max_training_boxes)->default_value(a.max_training_boxes)->value_name("N"), "proposals of each picture that classifiers are trained on; 0 uses all");
  line.Group("Work").add_options()
      ("precision", po::value(&a.precision)->default_value(a.precision)->value_name("NAME"), "f32, bf16, int8 or auto: the fastest that this processor has; int8 is for features, training then takes bf16")
      ("workers", po::value(&a.workers)->default_value(a.workers)->value_name("N"), "threads; 0: one for each processor");
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  CheckRange("holdout", a.holdout, 0.01, 0.9);
  CheckRange("steps", static_cast<double>(a.steps), 0, 1e9);
  CheckRange("max-training-boxes", a.max_training_boxes, 0, 1e6);
  CheckRange("workers", a.workers, 0, 4096);
  if (a.precision != "auto") ValueOf("precision", [&] { return PrecisionFromName(a.precision); });
  a.work = a.output + ".work";
  return true;
}

void SayLabels(const Dataset& dataset) {
  fmt::print(stderr, "{}: {} pictures\n", dataset.name, dataset.images.size());
  fmt::print(stderr, "{:<20} {:>8} {:>8}\n", "class", "objects", "pictures");
  for (const LabelCounts& counts : CountLabels(dataset)) {
    std::string remarks;
    if (counts.objects < kFewObjects) remarks += "  few objects: expect little of this class";
    if (counts.tiny > 0) remarks += fmt::format("  {} smaller than 8 pixels", counts.tiny);
    if (counts.twice > 0) remarks += fmt::format("  {} boxes drawn twice?", counts.twice);
    fmt::print(
        stderr, "{:<20} {:>8} {:>8}{}\n", counts.name, counts.objects, counts.pictures, remarks);
  }
}

using OptionValues = std::vector<std::pair<std::string, std::string>>;

// "--name value" of the options that have one.
std::vector<std::string> WordsOf(const OptionValues& options) {
  std::vector<std::string> words;
  for (const auto& [name, value] : options) {
    if (!value.empty()) words.insert(words.end(), {"--" + name, value});
  }
  return words;
}

std::vector<std::string> Joined(std::vector<std::string> words,
                                const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The options that name the data and the work, as they were given.
std::vector<std::string> CommonWords(const AllArguments& a) {
  return WordsOf({{"data", a.data.data},
                  {"set", a.data.set},
                  {"classes", a.data.classes},
                  {"image-list", a.data.image_list},
                  {"class-list", a.data.class_list},
                  {"blacklist", a.data.blacklist},
                  {"workers", a.workers == 0 ? "" : std::to_string(a.workers)},
                  {"holdout", fmt::format("{}", a.holdout)}});
}

// Recipe of the detector in models/, docs/training.md.
std::vector<std::string> FinetuneWords(const AllArguments& a,
                                       const std::string& tuned,
                                       std::uint64_t steps) {
  return WordsOf({{"output", tuned},
                  {"backbone", FindBackboneFile(a.backbone).string()},
                  {"precision", a.precision == "int8" ? "auto" : a.precision},
                  {"steps", std::to_string(steps)},
                  {"schedule", "poly"},
                  {"rate", "0.002"},
                  {"new-layer-rate", "5"},
                  {"warmup", "50"},
                  {"average", "0.99"},
                  {"validate-every", std::to_string(std::max<std::uint64_t>(steps / 4, 1))},
                  {"checkpoint-every", "25"}});
}

std::vector<std::string> HeadsWords(const AllArguments& a, const std::string& tuned) {
  std::vector<std::string> words =
      WordsOf({{"output", a.output},
               {"backbone", tuned},
               {"backbone-name", "GoogLeNet, fine-tuned"},
               {"cache", a.work + "/features"},
               {"max-training-boxes", std::to_string(a.max_training_boxes)},
               {"context", "1"},
               {"precision", a.precision}});
  words.insert(words.end(), {"--self-contained", "--calibrate"});
  if (a.precision == "auto" || a.precision == "int8") words.emplace_back("--quantize");
  return words;
}

}  // namespace

std::vector<LabelCounts> CountLabels(const Dataset& dataset) {
  std::vector<LabelCounts> counts(dataset.classes.Size());
  for (std::size_t j = 0; j < counts.size(); ++j) counts[j].name = dataset.classes.classes[j].name;
  for (const AnnotatedImage& image : dataset.images) {
    std::vector<bool> shown(counts.size(), false);
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      const Annotation& annotation = image.annotations[i];
      const std::size_t j = IndexOf(annotation.class_id);
      const Box& box = annotation.box;
      if (!annotation.difficult) ++counts[j].objects;
      shown[j] = true;
      if (std::min(box.x1 - box.x0, box.y1 - box.y0) < kTinySide) ++counts[j].tiny;
      const auto earlier = image.annotations.begin() + static_cast<std::ptrdiff_t>(i);
      const bool is_twice =
          std::any_of(image.annotations.begin(), earlier, [&](const Annotation& other) {
            return other.class_id == annotation.class_id && Iou(other.box, box) > kSameIou;
          });
      if (is_twice) ++counts[j].twice;
    }
    for (std::size_t j = 0; j < counts.size(); ++j) {
      if (shown[j]) ++counts[j].pictures;
    }
  }
  return counts;
}

int TrainAll(const Arguments& words) {
  AllArguments arguments;
  if (!ParseAll(words, arguments)) return kDone;
  RequireWritable(arguments.output);
  std::uint64_t steps = arguments.steps;
  {
    const Dataset dataset = ReadDataSource(arguments.data);
    if (dataset.images.empty()) throw Error(dataset.name + ": has no pictures to train on");
    SayLabels(dataset);
    if (steps == 0) steps = std::clamp<std::uint64_t>(dataset.images.size() / 2, 300, 3000);
  }
  const std::string tuned = arguments.work + "/tuned.safetensors";
  const std::vector<std::string> common = CommonWords(arguments);

  fmt::print(stderr, "\n1. fine-tuning the network, {} steps\n", steps);
  std::vector<std::string> tuning = Joined(common, FinetuneWords(arguments, tuned, steps));
  tuning.insert(tuning.end(), {"--frozen", arguments.frozen});  // '' is a value of its own
  const int status = TrainFinetune(tuning);
  if (status != kDone) return status;

  fmt::print(stderr, "\n2. classifiers and box regression on its features\n");
  return TrainHeads(Joined(common, HeadsWords(arguments, tuned)));
}

}  // namespace deeper::tools
