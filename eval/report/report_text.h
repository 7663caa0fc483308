#pragma once

#include <optional>
#include <string>

#include "core/class_table.h"
#include "eval/analysis/bootstrap.h"
#include "eval/evaluate.h"

namespace deeper {

// A table for people: one line per class in the order of `evaluation`, then the mean and the median
// over the classes with an average precision. A line has the class's objects, detections, true
// positives, recall and average precision ("-" if there is no object). Ratios are in percent with
// two digits; columns are aligned. `classes` is the data set's table. Every line ends with "\n".
std::string EvaluationTable(const Evaluation& evaluation, const ClassTable& classes);

enum class CurveOutput { kLeftOut, kIncluded };

// EvaluationTable as one JSON object, numbers unrounded (docs/formats.md). Recall and average
// precision of a class without objects are null. With curves, each class has its score, precision
// and recall after each detection that counts.
std::string EvaluationJson(const Evaluation& evaluation,
                           const ClassTable& classes,
                           const std::optional<ConfidenceInterval>& interval = std::nullopt,
                           CurveOutput curves = CurveOutput::kLeftOut);

}  // namespace deeper
