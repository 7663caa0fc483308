#include "tools/train/boxes.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "core/work/stopwatch.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "detector/training/train_boxes.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/keep_before.h"
#include "tools/run/progress.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct BoxesArguments {
  DataSource data;
  ReadingOptions reading;
  std::string model;
  std::string backbone;
  std::string output;
  std::string cache;
  bool json = false;
  RunOptions run;
  BoxesOptions options;
};

bool ParseBoxes(const Arguments& words, BoxesArguments& a) {
  CommandLine line(
      "train boxes",
      "Trains the box regression of an existing detector anew (R-CNN, appendix C); all else of it "
      "stays.",
      {"deeper train boxes --data voc:my-pictures --set train --model mine.safetensors --output "
       "moved.safetensors",
       "deeper train boxes --data voc:my-pictures --set train --model mine.safetensors "
       "--cache mine.safetensors.features --box-lambda 50 --output moved.safetensors"});
  // clang-format off
  auto& data = line.Group("Data");
  a.data.AddOptions(data);
  a.reading.AddOptions(data);
  auto& model = line.Group("Model");
  model.add_options()
      ("model", po::value(&a.model)->required()->value_name("MODEL"), "the detector")
      ("backbone", po::value(&a.backbone)->value_name("MODEL"), "its network, when it is neither in its file nor beside it nor in $DEEPER_MODELS")
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the copy to write; another file that is there stays as FILE.before");
  AddJsonOption(model, a.json);
  line.Group("Training").add_options()
      ("cache", po::value(&a.cache)->value_name("DIR"), "where features are kept, that of 'train heads' among others; default: <output>.features")
      ("holdout", po::value(&a.options.holdout)->default_value(a.options.holdout)->value_name("F"), "leave out the pictures that 'train heads' keeps out with the same fraction")
      ("box-lambda", po::value(&a.options.boxes.lambda)->default_value(a.options.boxes.lambda)->value_name("L"), "ridge; larger moves boxes less")
      ("box-iou", po::value(&a.options.boxes.min_iou)->default_value(a.options.boxes.min_iou)->value_name("IOU"), "proposals that overlap an object by more teach it")
      ("box-per-class", po::bool_switch(&a.options.boxes.per_class), "one regression a class (R-CNN) instead of one for all");
  a.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  a.run.Check();
  a.options.cache = a.cache.empty() ? a.output + ".features" : a.cache;
  a.options.precision = a.run.Wanted();
  a.options.workers = a.run.workers;
  a.reading.Check();
  a.options.reading = a.reading.ForReadingAgain();
  CheckOptions(a.options);
  return true;
}

}  // namespace

TrainingOutcome RunTrainBoxes(const Arguments& words) {
  const Stopwatch watch;
  BoxesArguments arguments;
  if (!ParseBoxes(words, arguments)) return {};
  RequireWritable(arguments.output);
  const LoadedData data = LoadData(arguments.data);
  const Dataset& dataset = data.dataset;
  Model model = LoadModel(arguments.model);
  const Weights backbone = BackboneOf(model, arguments.model, arguments.backbone);
  const BoxesReport report =
      TrainBoxes(dataset, backbone, arguments.options, TerminalMonitor(), model);
  if (!report.finished) return Stopped(arguments.options.cache);
  WriteKeepingBefore(arguments.output, [&](const auto& path) { SaveModel(model, path); });
  fmt::print(stderr,
             "{}: box regression trained on {}\n",
             arguments.output,
             Counted(report.training_pictures, "pictures"));
  TrainingOutcome outcome = {
      .status = report.unreadable_pictures == 0 ? data.Status() : kSomeInputsFailed, .json = {}};
  if (arguments.json) {
    outcome.json = LineOf(
        {{"training", "boxes"},
         {"output", arguments.output},
         {"regressors", model.box_regression->RegressorCount()},
         {"pictures",
          {{"training", report.training_pictures}, {"unreadable", report.unreadable_pictures}}},
         {"seconds", watch.Seconds()}});
  }
  return outcome;
}

}  // namespace deeper::tools
