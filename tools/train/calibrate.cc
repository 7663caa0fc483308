#include "tools/train/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/work/stopwatch.h"
#include "eval/analysis/breakdown.h"
#include "eval/formats/detection_lines.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/parallel.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

constexpr std::size_t kFewestRight = 10;
constexpr float kMinProbability = 0.002F;  // detections below are not written by default

// Whether there are enough right detections of a class to learn from them alone.
bool IsWellSeen(const ClassResult& result) { return result.true_positives >= kFewestRight; }

// Scores with their verdicts; what counts neither way is left out.
struct Judged {
  std::vector<float> margins;
  std::vector<bool> correct;

  void Add(const ClassResult& result) {
    for (const Outcome& outcome : result.outcomes) {
      if (outcome.verdict == Verdict::kIgnored) continue;
      margins.push_back(outcome.score);
      correct.push_back(outcome.verdict == Verdict::kTruePositive);
    }
  }
};

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
      ("model", po::value(&a.model)->required()->value_name("FILE"), "the detector that made the detections")
      ("detections", po::value(&a.detections)->required()->value_name("FILE"), "its detections of these pictures, as 'deeper detect' writes them")
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the copy to write");
  AddJsonOption(model, a.json);
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  return true;
}

// The probability from which on the detections of all classes together have their best F1; of some
// at least one is right.
double CommonOperatingPoint(const Evaluation& evaluation,
                            const std::vector<LogisticCurve>& curves) {
  std::vector<std::pair<float, bool>> detections;  // probability, right
  std::size_t objects = 0;
  for (std::size_t j = 0; j < curves.size(); ++j) {
    objects += evaluation.classes[j].objects;
    Judged judged;
    judged.Add(evaluation.classes[j]);
    for (std::size_t i = 0; i < judged.margins.size(); ++i) {
      detections.emplace_back(static_cast<float>(curves[j](double{judged.margins[i]})),
                              judged.correct[i]);
    }
  }
  std::ranges::sort(detections, std::greater());
  PrecisionRecallCurve together;
  std::size_t found = 0;
  for (const auto& [probability, is_right] : detections) {
    if (is_right) ++found;
    together.score.push_back(probability);
    together.precision.push_back(static_cast<double>(found) /
                                 static_cast<double>(together.score.size()));
    together.recall.push_back(static_cast<double>(found) / static_cast<double>(objects));
  }
  return double{BestOperatingPoint(together).value().score};
}

}  // namespace

std::optional<Calibration> CalibrationOf(const Evaluation& evaluation) {
  Judged all;
  for (const ClassResult& result : evaluation.classes) all.Add(result);
  const LogisticCurve common = FitLogisticCurve(all.margins, all.correct);
  if (!(common.slope > 0)) return std::nullopt;
  Calibration calibration;
  for (const ClassResult& result : evaluation.classes) {
    Judged own;
    own.Add(result);
    const LogisticCurve fitted = FitLogisticCurve(own.margins, own.correct);
    calibration.curves.push_back(IsWellSeen(result) && fitted.slope > 0 ? fitted : common);
  }
  const double common_point = CommonOperatingPoint(evaluation, calibration.curves);
  for (std::size_t j = 0; j < evaluation.classes.size(); ++j) {
    const ClassResult& result = evaluation.classes[j];
    calibration.operating_points.push_back(
        IsWellSeen(result)
            ? calibration.curves[j](double{BestOperatingPoint(result.curve).value().score})
            : common_point);
  }
  return calibration;
}

void SetCalibration(Calibration calibration, Model& model) {
  model.calibration = std::move(calibration);
  model.min_score = kMinProbability;
  model.nms.vote_offset = 0;
}

DetectionSet MarginsOf(DetectionSet detections, const Model& model) {
  if (!model.calibration) return detections;
  constexpr double kSmallest = 1e-9;  // f32 keeps no probability nearer to 1
  for (ImageDetections& image : detections.images) {
    for (Detection& detection : image.detections) {
      const LogisticCurve& curve = model.calibration->curves[IndexOf(detection.class_id)];
      if (!(curve.slope > 0)) {
        throw Error(
            "calibration: the model's curve of a class is flat, so its margins are lost; "
            "start from the model before it was calibrated");
      }
      const double p = std::clamp(double{detection.score}, kSmallest, 1 - kSmallest);
      detection.score = static_cast<float>((std::log(p / (1 - p)) - curve.offset) / curve.slope);
    }
  }
  return detections;
}

TrainingOutcome TrainCalibrate(const Arguments& words) {
  const Stopwatch watch;
  CalibrateArguments arguments;
  if (!ParseCalibrate(words, arguments)) return {};
  RequireWritable(arguments.output);
  Model model = LoadModel(arguments.model);
  const Dataset dataset = ReadDataSource(arguments.data);
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
  SaveModel(model, arguments.output);
  fmt::print(stderr,
             "{}: calibrated on {} pictures of {}\n",
             arguments.output,
             dataset.images.size(),
             dataset.name);
  if (!arguments.json) return {};
  nlohmann::ordered_json points;
  for (std::size_t j = 0; j < model.classes.Size(); ++j) {
    points[model.classes.classes[j].name] = model.calibration->operating_points[j];
  }
  return {.status = kDone,
          .json = LineOf({{"training", "calibrate"},
                          {"output", arguments.output},
                          {"pictures", dataset.images.size()},
                          {"operating_points", points},
                          {"seconds", watch.Seconds()}})};
}

}  // namespace deeper::tools
