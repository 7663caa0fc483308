#pragma once

#include <optional>

#include "core/detection.h"
#include "detector/model/model.h"
#include "eval/evaluate.h"

namespace deeper {

// How often detections of each margin were right: curves by Platt's method, and the operating
// points with the best F1. A class with fewer than 10 right detections, too few to trust, gets the
// curve and the operating point of all classes together. Expects `evaluation` to be of margins,
// with the model's classes. Nothing when larger scores are not right more often, for example when
// no detection at all was right.
std::optional<Calibration> CalibrationOf(const Evaluation& evaluation);

// Makes the model's scores probabilities: sets its calibration, and adapts what depends on the unit
// of the scores.
void SetCalibration(Calibration calibration, Model& model);

// The detections with the margins from which the model's calibration made their scores; unchanged
// without a calibration. Throws Error when a curve is flat, because the margins are lost then.
DetectionSet MarginsOf(DetectionSet detections, const Model& model);

// Makes the scores of the model probabilities by what it found, with hard suppression, in pictures
// that it was not trained on, and adds that to its facts. Returns false, and changes nothing, when
// larger scores are not right more often.
bool CalibrateOn(const Dataset& truth, DetectionSet found, int workers, Model& model);

}  // namespace deeper
