#include "detector/training/calibrate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text/quantities.h"
#include "detector/heads/calibration.h"
#include "eval/analysis/breakdown.h"

namespace deeper {

namespace {

constexpr std::size_t kFewestRight = 10;
constexpr float kMinProbability = 0.002F;  // detections below are not written by default

// Whether there are enough right detections of a class to learn from them alone.
bool IsWellSeen(const ClassResult& result) { return result.true_positives >= kFewestRight; }

// Scores with their verdicts; detections that count neither way are left out.
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

// The probability from which on the detections of all classes together have their best F1. Expects
// at least one right detection.
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

bool CalibrateOn(const Dataset& truth, DetectionSet found, int workers, Model& model) {
  const Evaluation evaluation = Evaluate(truth,
                                         MarginsOf(std::move(found), model),
                                         {.protocol = Protocol::kVoc12, .workers = workers});
  std::optional<Calibration> calibration = CalibrationOf(evaluation);
  if (!calibration) return false;
  SetCalibration(*std::move(calibration), model);
  model.training["calibrated on"] = Counted(truth.images.size(), "held-out pictures");
  return true;
}

}  // namespace deeper
