#include "tools/train/calibrate.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "core/work/parallel.h"
#include "core/work/stopwatch.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "detector/training/calibrate.h"
#include "eval/evaluate.h"
#include "eval/formats/lines/detection_lines.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/run/keep_before.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct CalibrateArguments {
  std::string model;
  std::string output;
  DataSource data;
  std::string detections;
  bool json = false;
};

bool ParseCalibrate(const Arguments& words, CalibrateArguments& a) {
  CommandLine line(
      "train calibrate",
      "Makes a detector's scores probabilities (Platt 1999), and finds each class's operating "
      "point, from its detections of annotated pictures that it was not trained on.",
      {"deeper detect --data voc:my-pictures --set val --model mine.safetensors --output found",
       "deeper train calibrate --data voc:my-pictures --set val --model mine.safetensors "
       "--detections found/detections.jsonl --output calibrated.safetensors"});
  // clang-format off
  a.data.AddOptions(line.Group("Data"));
  auto& model = line.Group("Model");
  model.add_options()
      ("model", po::value(&a.model)->required()->value_name("MODEL"), "the detector that made the detections")
      ("detections", po::value(&a.detections)->required()->value_name("FILE"), "its detections of these pictures, as 'deeper detect' writes them")
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the copy to write; another file that is there stays as FILE.before");
  AddJsonOption(model, a.json);
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  return true;
}

}  // namespace

TrainingOutcome RunTrainCalibrate(const Arguments& words) {
  const Stopwatch watch;
  CalibrateArguments arguments;
  if (!ParseCalibrate(words, arguments)) return {};
  RequireWritable(arguments.output);
  Model model = LoadModel(arguments.model);
  const LoadedData data = LoadData(arguments.data);
  const Dataset& dataset = data.dataset;
  if (dataset.classes != model.classes) {
    throw Error(
        fmt::format("{}: its classes are not those of {} in their order; name them with "
                    "--classes",
                    dataset.name,
                    arguments.model));
  }
  const Evaluation evaluation =
      Evaluate(dataset,
               MarginsOf(ReadJsonLines(arguments.detections, &model.classes), model),
               {.protocol = Protocol::kVoc12, .workers = DefaultWorkers()});
  std::optional<Calibration> calibration = CalibrationOf(evaluation);
  if (!calibration) {
    throw Error(
        "calibration: larger scores are not more often right on these pictures; expected "
        "detections of which some are right, on pictures that the detector was not trained on");
  }
  SetCalibration(*std::move(calibration), model);
  model.training["calibrated on"] = dataset.name;
  WriteKeepingBefore(arguments.output, [&](const auto& path) { SaveModel(model, path); });
  fmt::print(stderr,
             "{}: calibrated on {} of {}\n",
             arguments.output,
             Counted(dataset.images.size(), "pictures"),
             dataset.name);
  if (!arguments.json) return {.status = data.Status(), .json = {}};
  nlohmann::ordered_json points;
  for (std::size_t j = 0; j < model.classes.Size(); ++j) {
    points[model.classes.classes[j].name] = model.calibration->operating_points[j];
  }
  return {.status = data.Status(),
          .json = LineOf({{"training", "calibrate"},
                          {"output", arguments.output},
                          {"pictures", dataset.images.size()},
                          {"operating_points", points},
                          {"seconds", watch.Seconds()}})};
}

}  // namespace deeper::tools
