#include "tools/train/all.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "backbone/precision.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "core/work/stopwatch.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "detector/training/train_detector.h"
#include "eval/inspection/label_counts.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/keep_before.h"
#include "tools/run/progress.h"
#include "tools/train/fast_rcnn.h"
#include "tools/train/finetune.h"
#include "tools/train/heads.h"
#include "tools/train/multibox.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

constexpr std::size_t kFewObjects = 20;

struct AllArguments {
  DataSource data;
  ReadingOptions reading;
  std::string output;
  std::string backbone;
  std::string precision = "auto";
  std::string frozen;
  std::string method = NameOf(DetectorTrainingOptions().method);
  bool json = false;
  DetectorTrainingOptions options;
};

bool ParseAll(const Arguments& words, AllArguments& a) {
  CommandLine line(
      "train all",
      "From annotated pictures to a detector: looks the labels over, trains GoogLeNet, classifiers "
      "and box regression, calibrates, and puts all, with a MultiBox if asked for, into one file. "
      "The same command goes on where it was stopped.",
      {"deeper train all --data voc:my-pictures --set train --output mine.safetensors",
       "deeper train all --data coco:labels.json,pictures/ --output mine.safetensors",
       "deeper train all --data voc:VOC2007 --set trainval --steps 3000 --output voc.safetensors",
       "deeper train all --data voc:my-pictures --set train --method rcnn --models 6 --output "
       "mine.safetensors"});
  // clang-format off
  auto& data = line.Group("Data");
  a.data.AddOptions(data);
  a.reading.AddOptions(data);
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the detector to write; beside it FILE.work/, which may be deleted afterwards; another file that is there stays as FILE.before")
      ("backbone", po::value(&a.backbone)->value_name("MODEL"), "GoogLeNet's weights to begin with: .caffemodel, .safetensors or a detector; default: BVLC's, looked for in $DEEPER_MODELS and models/, else the network inside voc-fast.safetensors, of rcnn voc.safetensors");
  AddJsonOption(model, a.json);
  line.Group("Training").add_options()
      ("method", po::value(&a.method)->default_value(a.method)->value_name("fast-rcnn|rcnn"), "fast-rcnn: the network looks once at the picture; rcnn: it runs on a crop of each region, as in the paper, many times as slowly")
      ("models", po::value(&a.options.models)->default_value(a.options.models)->value_name("N"), "detectors that score the same proposals together: the first as it would be alone, the others trained on from it, FILE-2 to FILE-N and a list of them all, FILE.models.txt")
      ("steps", po::value(&a.options.steps)->default_value(a.options.steps)->value_name("N"), "of training the network, two pictures each; 0: three for every picture, from 500 to 6000; of rcnn 128 regions each; 0: one for every two pictures, from 300 to 3000")
      ("frozen", po::value(&a.frozen)->value_name("ROW"), "the last row that training leaves as it is; '' trains all; default: stem, of rcnn inception_3b")
      ("holdout", po::value(&a.options.holdout)->default_value(a.options.holdout)->value_name("F"), "fraction of the pictures that is kept out of training, to choose and calibrate by")
      ("multibox-steps", po::value(&a.options.multibox_steps)->default_value(a.options.multibox_steps)->value_name("N"), "of training a MultiBox, 32 pictures each, which every detector gets; 6000 are what 1,700 pictures want; 0: none")
      ("max-training-boxes", po::value(&a.options.max_training_boxes)->default_value(a.options.max_training_boxes)->value_name("N"), "proposals of each picture that classifiers are trained on; 0 uses all");
  line.Group("Work").add_options()
      ("precision", po::value(&a.precision)->default_value(a.precision)->value_name("auto|f32|bf16|int8"), "auto: the fastest that this processor has; int8 is for features, training then takes bf16")
      ("workers", po::value(&a.options.workers)->default_value(a.options.workers)->value_name("N"), "threads; 0: one for each processor");
  // clang-format on
  line.Restrict({{.options = "models max-training-boxes", .with = "method=rcnn"}});
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  if (a.precision != "auto") {
    a.options.precision = ValueOf("precision", [&] { return PrecisionFromName(a.precision); });
  }
  a.options.method = ValueOf("method", [&] { return DetectionMethodFromName(a.method); });
  if (line.Given("frozen")) a.options.frozen = a.frozen;
  a.options.work = a.output + ".work";
  a.reading.Check();
  a.options.reading = a.reading.ForReadingAgain();
  CheckOptions(a.options);
  return true;
}

void SayLabels(const Dataset& dataset, const std::vector<LabelCounts>& labels) {
  fmt::print(stderr, "{}: {}\n", dataset.name, Counted(dataset.images.size(), "pictures"));
  fmt::print(stderr, "{:<20} {:>8} {:>8}\n", "class", "objects", "pictures");
  for (const LabelCounts& counts : labels) {
    std::string remarks;
    if (counts.objects < kFewObjects) remarks += "  few objects: expect little of this class";
    if (counts.tiny > 0) remarks += fmt::format("  {} smaller than 8 pixels", counts.tiny);
    if (counts.twice > 0)
      remarks += fmt::format("  {} drawn twice?", Counted(counts.twice, "boxes"));
    fmt::print(
        stderr, "{:<20} {:>8} {:>8}{}\n", counts.name, counts.objects, counts.pictures, remarks);
  }
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

// Names all detectors for 'deeper detect --model @LIST'.
void WriteList(const std::string& output, std::size_t models) {
  std::string names;
  for (std::size_t i = 0; i < models; ++i)
    names += MemberFile(output, i).filename().string() + "\n";
  const std::string list = output + ".models.txt";
  WriteFileWhole(list, names);
  fmt::print(stderr, "all together: deeper detect photos/ --model @{}\n", list);
}

std::string ReportJson(const DetectorTrainingReport& report,
                       const std::vector<LabelCounts>& labels,
                       const AllArguments& arguments,
                       double seconds) {
  const fs::path& work = arguments.options.work;
  nlohmann::ordered_json multibox;
  if (report.multibox) {
    multibox = MultiBoxJson(*report.multibox, (work / "multibox.safetensors").string(), "");
  }
  nlohmann::ordered_json detectors = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < report.detectors.size(); ++i) {
    const TrainedDetector& detector = report.detectors[i];
    if (detector.fast_rcnn) {
      const FastRcnnReport& network = detector.fast_rcnn->network;
      detectors.push_back({{"fast_rcnn", FastRcnnJson(network, arguments.output, labels.size())},
                           {"heads", HeadsJson(detector.heads, "fast-rcnn", arguments.output)}});
      continue;
    }
    detectors.push_back(
        {{"finetune",
          FinetuneJson(detector.finetune,
                       MemberFile(work / "tuned.safetensors", i).string(),
                       labels.size())},
         {"heads", HeadsJson(detector.heads, "heads", MemberFile(arguments.output, i).string())}});
  }
  return LineOf({{"training", "all"},
                 {"output", arguments.output},
                 {"labels", LabelsJson(labels)},
                 {"multibox", multibox},
                 {"detectors", detectors},
                 {"seconds", seconds}});
}

}  // namespace

TrainingOutcome RunTrainAll(const Arguments& words) {
  const Stopwatch watch;
  AllArguments arguments;
  if (!ParseAll(words, arguments)) return {};
  RequireWritable(arguments.output);
  const LoadedData data = LoadData(arguments.data);
  const Dataset& dataset = data.dataset;
  const std::vector<LabelCounts> labels = CountLabels(dataset);
  SayLabels(dataset, labels);
  arguments.options.backbone = FindStartingNetwork(arguments.backbone, arguments.options.method);
  TrainingOutcome outcome = {.status = data.Status(), .json = {}};
  const DetectorTrainingReport report = TrainDetector(
      dataset,
      arguments.options,
      TerminalMonitor(),
      [&](std::size_t position, const TrainedDetector& detector) {
        const std::string file = MemberFile(arguments.output, position).string();
        WriteKeepingBefore(file, [&](const auto& path) { SaveModel(detector.heads.model, path); });
        SayTrained(detector.heads, file, arguments.json);
        if (detector.heads.unreadable_pictures > 0) outcome.status = kSomeInputsFailed;
      });
  if (!report.finished) return Stopped(report.goes_on_from);
  if (report.detectors.size() > 1) WriteList(arguments.output, report.detectors.size());
  if (arguments.json) outcome.json = ReportJson(report, labels, arguments, watch.Seconds());
  return outcome;
}

}  // namespace deeper::tools
