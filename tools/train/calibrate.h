#pragma once

#include <optional>

#include "core/detection.h"
#include "detector/model/model.h"
#include "eval/evaluate.h"
#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// How often detections of each margin were right: curves by Platt's method, and the operating
// points of best F1. A class with fewer than 10 right detections gets the curve and the operating
// point of all classes together: that of its own few would be chance. `evaluation` is of margins,
// with its classes as the model's. Nothing when larger scores are not more often right, as where
// nothing at all was detected rightly.
std::optional<Calibration> CalibrationOf(const Evaluation& evaluation);

// Makes the model's scores probabilities: its calibration becomes this one, and what depends on the
// unit of the scores follows.
void SetCalibration(Calibration calibration, Model& model);

// The detections with the margins that the model's calibration made their scores from; as they are
// without one. Throws Error when a curve is flat, as margins are lost then.
DetectionSet MarginsOf(DetectionSet detections, const Model& model);

// "deeper train calibrate": probabilities for an existing model, from its detections of annotated
// pictures that it was not trained on.
TrainingOutcome TrainCalibrate(const Arguments& words);

}  // namespace deeper::tools
