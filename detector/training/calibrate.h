#pragma once

#include <optional>

#include "core/detection.h"
#include "detector/model/model.h"
#include "eval/evaluate.h"

namespace deeper {

// How often detections of each margin were right: curves by Platt's method, and the operating
// points of best F1. A class with fewer than 10 right detections, too few to trust, gets the curve
// and the operating point of all classes together. `evaluation` is of margins, with its classes as
// the model's. Nothing when larger scores are not more often right, as where nothing at all was
// detected rightly.
std::optional<Calibration> CalibrationOf(const Evaluation& evaluation);

// Makes the model's scores probabilities: its calibration becomes this one, and what depends on the
// unit of the scores follows.
void SetCalibration(Calibration calibration, Model& model);

// The detections with the margins that the model's calibration made their scores from; as they are
// without one. Throws Error when a curve is flat, as margins are lost then.
DetectionSet MarginsOf(DetectionSet detections, const Model& model);

}  // namespace deeper
