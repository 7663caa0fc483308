#include "tools/train/all.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/work/stopwatch.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/run/stop_signal.h"
#include "tools/train/finetune.h"
#include "tools/train/heads.h"
#include "tools/train/multibox.h"

namespace deeper::tools {

namespace fs = std::filesystem;
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
  std::size_t models = 1;
  std::uint64_t steps = 0;
  std::uint64_t multibox_steps = 0;
  std::string frozen = "inception_3b";
  double holdout = 0.1;
  int max_training_boxes = 150;
  std::string precision = "auto";
  int workers = 0;
  bool json = false;

  std::string TrainingPrecision() const { return precision == "int8" ? "auto" : precision; }
  std::string MultiBoxOutput() const { return work + "/multibox.safetensors"; }
};

bool ParseAll(const Arguments& words, AllArguments& a) {
  CommandLine line(
      "train all",
      "From annotated pictures to a detector: looks the labels over, fine-tunes GoogLeNet, trains "
      "classifiers and box regression, keeps the better kind, calibrates, and puts all, with a "
      "MultiBox if asked for, into one file. The same command goes on where it was stopped.",
      {"deeper train all --data voc:my-pictures --set train --output mine.safetensors",
       "deeper train all --data coco:labels.json,pictures/ --output mine.safetensors",
       "deeper train all --data voc:VOC2007 --set trainval --steps 3000 --output voc.safetensors",
       "deeper train all --data voc:my-pictures --set train --models 6 --output mine.safetensors"});
  // clang-format off
  a.data.AddOptions(line.Group("Data"));
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the detector to write; beside it FILE.work/, which may be deleted afterwards")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights to begin with; default: looked for in $DEEPER_MODELS and models/");
  AddJsonOption(model, a.json);
  line.Group("Training").add_options()
      ("models", po::value(&a.models)->default_value(a.models)->value_name("N"), "detectors that score the same proposals together: the first as it would be alone, the others trained on from it, FILE-2 to FILE-N and a list of them all, FILE.models.txt")
      ("steps", po::value(&a.steps)->default_value(a.steps)->value_name("N"), "of fine-tuning, 128 regions each; 0: one for every two pictures, from 300 to 3000")
      ("frozen", po::value(&a.frozen)->default_value(a.frozen)->value_name("ROW"), "the last row that fine-tuning leaves as it is; '' trains all")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "fraction of the pictures that is kept out of training, to choose and calibrate by")
      ("multibox-steps", po::value(&a.multibox_steps)->default_value(a.multibox_steps)->value_name("N"), "of training a MultiBox, 16 pictures each; which every detector gets; 6000 are what 1,700 pictures want; 0: none")
      ("max-training-boxes", po::value(&a.max_training_boxes)->default_value(a.max_training_boxes)->value_name("N"), "proposals of each picture that classifiers are trained on; 0 uses all");
  line.Group("Work").add_options()
      ("precision", po::value(&a.precision)->default_value(a.precision)->value_name("NAME"), "f32, bf16, int8 or auto: the fastest that this processor has; int8 is for features, training then takes bf16")
      ("workers", po::value(&a.workers)->default_value(a.workers)->value_name("N"), "threads; 0: one for each processor");
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  CheckRange("holdout", a.holdout, 0.01, 0.9);
  CheckRange("steps", static_cast<double>(a.steps), 0, 1e9);
  CheckRange("multibox-steps", static_cast<double>(a.multibox_steps), 0, 1e9);
  CheckRange("max-training-boxes", a.max_training_boxes, 0, 1e6);
  CheckRange("workers", a.workers, 0, 4096);
  CheckRange("models", static_cast<double>(a.models), 1, 100);
  if (a.precision != "auto") ValueOf("precision", [&] { return PrecisionFromName(a.precision); });
  a.work = a.output + ".work";
  return true;
}

void SayLabels(const Dataset& dataset, const std::vector<LabelCounts>& labels) {
  fmt::print(stderr, "{}: {} pictures\n", dataset.name, dataset.images.size());
  fmt::print(stderr, "{:<20} {:>8} {:>8}\n", "class", "objects", "pictures");
  for (const LabelCounts& counts : labels) {
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

nlohmann::ordered_json LabelsJson(const std::vector<LabelCounts>& labels) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const LabelCounts& counts : labels) {
    json.push_back({{"class", counts.name},
                    {"objects", counts.objects},
                    {"pictures", counts.pictures},
                    {"tiny", counts.tiny},
                    {"twice", counts.twice}});
  }
  return json;
}

// The options that name the data and the work, as they were given.
std::vector<std::string> CommonWords(const AllArguments& a) {
  std::vector<std::string> words =
      WordsOf({{"data", a.data.data},
               {"set", a.data.set},
               {"classes", a.data.classes},
               {"image-list", a.data.image_list},
               {"class-list", a.data.class_list},
               {"blacklist", a.data.blacklist},
               {"workers", a.workers == 0 ? "" : std::to_string(a.workers)},
               {"holdout", fmt::format("{}", a.holdout)}});
  if (a.json) words.emplace_back("--json");
  return words;
}

// One of the detectors: its network, and how that is fine-tuned.
struct Member {
  std::string suffix;  // of its files' names: "" of the first, "-2" of the second
  std::string begun_from;
  std::string frozen;
  std::string crop = "warp";
  std::uint64_t steps = 0;
  bool class_balanced = false;

  std::string Tuned(const AllArguments& a) const {
    return fmt::format("{}/tuned{}.safetensors", a.work, suffix);
  }
  std::string Output(const AllArguments& a) const {
    const fs::path whole = a.output;
    return (whole.parent_path() / (whole.stem().string() + suffix)).string() +
           whole.extension().string();
  }
};

// The row above which the further networks differ: detection runs what is below once for all.
constexpr const char* kSharedUpTo = "inception_4e";

// The first is the detector that it would be alone. Its network is trained on for each of the
// others with other examples in another order, every second time with the classes in balance; for
// the last of three or more on square crops, with more of the network.
std::vector<Member> MembersOf(const AllArguments& a, std::uint64_t steps) {
  std::vector<Member> members = {{.suffix = "",
                                  .begun_from = FindBackboneFile(a.backbone).string(),
                                  .frozen = a.frozen,
                                  .steps = steps}};
  const std::string first = members[0].Tuned(a);
  for (std::size_t number = 2; number <= a.models; ++number) {
    const bool is_square = number == a.models && a.models > 2;
    members.push_back({.suffix = fmt::format("-{}", number),
                       .begun_from = first,
                       .frozen = is_square ? a.frozen : kSharedUpTo,
                       .crop = is_square ? "square" : "warp",
                       .steps = (steps + 2) / 3,
                       .class_balanced = number % 2 == 0});
  }
  return members;
}

// Recipe of the detector in models/, docs/training.md.
std::vector<std::string> FinetuneWords(const AllArguments& a,
                                       const Member& member,
                                       std::size_t seed) {
  std::vector<std::string> words =
      WordsOf({{"output", member.Tuned(a)},
               {"backbone", member.begun_from},
               {"crop", member.crop},
               {"proposals-cache", a.work + "/tuned.safetensors.proposals"},
               {"precision", a.TrainingPrecision()},
               {"steps", std::to_string(member.steps)},
               {"seed", std::to_string(seed)},
               {"schedule", "poly"},
               {"rate", "0.002"},
               {"new-layer-rate", "5"},
               {"warmup", "50"},
               {"average", "0.99"},
               {"validate-every", std::to_string(std::max<std::uint64_t>(member.steps / 4, 1))},
               {"checkpoint-every", "25"}});
  words.insert(words.end(), {"--frozen", member.frozen});  // '' is a value of its own
  if (member.class_balanced) words.emplace_back("--class-balanced");
  return words;
}

// As many boxes as the paper's, or half as many as there are objects in a small data set, so that
// each has some of its own to begin from.
std::size_t MultiBoxSize(const std::vector<LabelCounts>& labels) {
  std::size_t objects = 0;
  for (const LabelCounts& counts : labels) objects += counts.objects;
  return std::clamp<std::size_t>(objects / 2, 1, 200);
}

std::vector<std::string> MultiBoxWords(const AllArguments& a, std::size_t boxes) {
  return WordsOf(
      {{"output", a.MultiBoxOutput()},
       {"boxes", std::to_string(boxes)},
       {"backbone", FindBackboneFile(a.backbone).string()},
       {"precision", a.TrainingPrecision()},
       {"steps", std::to_string(a.multibox_steps)},
       {"warmup", "20"},
       {"average", "0.99"},
       {"validate-every", std::to_string(std::max<std::uint64_t>(a.multibox_steps / 20, 1))},
       {"checkpoint-every", "25"}});
}

std::vector<std::string> HeadsWords(const AllArguments& a, const Member& member) {
  std::vector<std::string> words =
      WordsOf({{"output", member.Output(a)},
               {"backbone", member.Tuned(a)},
               {"backbone-name", "GoogLeNet, fine-tuned"},
               {"multibox", a.multibox_steps > 0 ? a.MultiBoxOutput() : ""},
               {"crop", member.crop},
               {"cache", a.work + "/features" + member.suffix},
               {"max-training-boxes", std::to_string(a.max_training_boxes)},
               {"context", "1"},
               {"precision", a.precision}});
  words.insert(words.end(), {"--self-contained", "--calibrate"});
  if (a.precision == "auto" || a.precision == "int8") words.emplace_back("--quantize");
  return words;
}

// Names all detectors for 'deeper detect --model @LIST'.
void WriteList(const AllArguments& a, const std::vector<Member>& members) {
  std::string names;
  for (const Member& member : members)
    names += fs::path(member.Output(a)).filename().string() + "\n";
  const std::string list = a.output + ".models.txt";
  WriteFileWhole(list, names);
  fmt::print(stderr, "all together: deeper detect photos/ --model @{}\n", list);
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

TrainingOutcome TrainAll(const Arguments& words) {
  const Stopwatch watch;
  AllArguments arguments;
  if (!ParseAll(words, arguments)) return {};
  RequireWritable(arguments.output);
  std::uint64_t steps = arguments.steps;
  std::vector<LabelCounts> labels;
  {
    const Dataset dataset = ReadDataSource(arguments.data);
    if (dataset.images.empty()) throw Error(dataset.name + ": has no pictures to train on");
    labels = CountLabels(dataset);
    SayLabels(dataset, labels);
    if (steps == 0) steps = std::clamp<std::uint64_t>(dataset.images.size() / 2, 300, 3000);
  }
  const std::vector<std::string> common = CommonWords(arguments);
  const std::vector<Member> members = MembersOf(arguments, steps);
  int part = 0;
  std::string multibox_json = "null";
  if (arguments.multibox_steps > 0) {
    fmt::print(stderr, "\n{}. a MultiBox, {} steps\n", ++part, arguments.multibox_steps);
    TrainingOutcome multibox =
        TrainMultiBoxOf(Joined(common, MultiBoxWords(arguments, MultiBoxSize(labels))));
    if (multibox.status != kDone) return multibox;
    multibox_json = multibox.json;
  }
  std::vector<std::string> tuned_json;
  std::vector<Arguments> heads;
  ++part;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Member& member = members[i];
    fmt::print(
        stderr,
        "\n{}. fine-tuning the network{}, {} steps\n",
        part,
        members.size() > 1 ? fmt::format(" of detector {} of {}", i + 1, members.size()) : "",
        member.steps);
    TrainingOutcome tuned = TrainFinetuneOf(Joined(common, FinetuneWords(arguments, member, i)));
    if (tuned.status != kDone) return tuned;
    tuned_json.push_back(tuned.json);
    heads.push_back(Joined(common, HeadsWords(arguments, member)));
  }
  fmt::print(stderr, "\n{}. classifiers and box regression on its features\n", ++part);
  const std::vector<TrainingOutcome> trained = TrainHeadsOf(heads);
  TrainingOutcome outcome = trained.back();
  if (outcome.status != kDone && outcome.status != kSomeInputsFailed) return outcome;
  if (members.size() > 1) WriteList(arguments, members);
  if (arguments.json) {
    nlohmann::ordered_json detectors = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < trained.size(); ++i) {
      detectors.push_back({{"finetune", nlohmann::ordered_json::parse(tuned_json[i])},
                           {"heads", nlohmann::ordered_json::parse(trained[i].json)}});
    }
    outcome.json = LineOf({{"training", "all"},
                           {"output", arguments.output},
                           {"labels", LabelsJson(labels)},
                           {"multibox", nlohmann::ordered_json::parse(multibox_json)},
                           {"detectors", detectors},
                           {"seconds", watch.Seconds()}});
  }
  return outcome;
}

}  // namespace deeper::tools
