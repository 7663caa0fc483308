#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/average_precision.h"

namespace deeper {

enum class Protocol {
  kIlsvrc,  // ILSVRC DET devkit
  kVoc07,   // 11-point average precision
  kVoc12,   // area under the monotone envelope, VOC 2010 and later
};

std::string NameOf(Protocol protocol);               // "ilsvrc", "voc07", "voc12"
Protocol ProtocolFromName(const std::string& name);  // throws Error listing them otherwise

struct ClassResult {
  ClassId class_id{};
  std::size_t objects = 0;  // that count: neither difficult (VOC) nor in a blacklisted picture
  std::size_t detections =
      0;  // of the class in all pictures, those that count neither way included
  std::size_t true_positives = 0;
  // Nothing when the class has no object that counts.
  std::optional<double> average_precision;
  PrecisionRecallCurve curve;

  bool operator==(const ClassResult&) const = default;
};

struct EvaluationOptions {
  Protocol protocol = Protocol::kVoc12;
  // The IoU from which a detection has found an object, in (0, 1]. ILSVRC asks for less where the
  // object is small.
  double min_iou = 0.5;
  // Classes are judged in parallel by this many threads, at least 1; the result does not depend on
  // it.
  int workers = 1;

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

struct Evaluation {
  Protocol protocol = Protocol::kVoc12;
  std::vector<ClassResult> classes;   // in the order of dataset.classes
  double mean_average_precision = 0;  // over classes with objects; 0 without any
  double median_average_precision = 0;

  bool operator==(const Evaluation&) const = default;
};

// Matches detections to the truth by the protocol's rules (eval/matching.h). Detections go by
// descending score; equal scores in the order of dataset.images, then of the picture's detections.
// Pictures are matched by id, classes by name or WordNet id. Pictures without detections count with
// their objects; a class with objects and no detection has AP 0. Objects and detections in
// dataset.blacklist count neither way; Annotation::difficult is read by the VOC protocols alone.
// Throws Error for a picture that the data set has not, a picture given twice (in either), a
// detection of a class that the data set has not, a score that is not a number, and options out of
// range.
Evaluation Evaluate(const Dataset& dataset,
                    const DetectionSet& detections,
                    const EvaluationOptions& options);

}  // namespace deeper
