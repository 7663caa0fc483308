#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"

namespace deeper {

enum class Protocol {
  kIlsvrc,  // ILSVRC DET devkit
  kVoc07,   // 11-point average precision
  kVoc12,   // area under the monotone envelope, VOC 2010 and later
};

std::string NameOf(Protocol protocol);                 // "ilsvrc", "voc07", "voc12"
Protocol ProtocolFromName(const std::string& name);    // throws Error listing them otherwise

// Precision and recall after each detection of a class that counts, by descending score.
struct PrecisionRecallCurve {
  std::vector<float> score;
  std::vector<double> precision;
  std::vector<double> recall;
};

// Area under the monotone envelope of the curve (VOC 2010+, ILSVRC); 0 for an empty curve.
double AveragePrecisionByArea(const PrecisionRecallCurve& curve);
// Mean of the best precision at recall >= 0, 0.1, ..., 1 (VOC 2007).
double AveragePrecisionAt11Points(const PrecisionRecallCurve& curve);

struct ClassResult {
  ClassId class_id{};
  std::size_t objects = 0;     // that count
  std::size_t detections = 0;  // of the class in all pictures
  std::size_t true_positives = 0;
  // Nothing when the class has no object that counts.
  std::optional<double> average_precision;
  PrecisionRecallCurve curve;
};

struct EvaluationOptions {
  Protocol protocol = Protocol::kVoc12;
  double min_iou = 0.5;
  // Per-class detections and images are walked in parallel by this many threads; the result does not depend on it.
  int workers = 1;
};

struct Evaluation {
  Protocol protocol = Protocol::kVoc12;
  std::vector<ClassResult> classes;  // in the order of dataset.classes
  double mean_average_precision = 0;    // over classes with objects
  double median_average_precision = 0;
};

// Matches detections to the truth by the protocol's rules (specification: the devkits' code). Pictures are matched by id, classes by name or
// WordNet id; throws Error for a picture that the data set has not, or a class of the detections that it has not. Pictures without
// detections count with their objects.
Evaluation Evaluate(const Dataset& dataset,
                    const DetectionSet& detections,
                    const EvaluationOptions& options);

}  // namespace deeper
