#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/average_precision.h"
#include "eval/coco_protocol.h"
#include "eval/matching.h"

namespace deeper {

enum class Protocol {
  kIlsvrc,  // ILSVRC DET devkit
  kVoc07,   // 11-point average precision
  kVoc12,   // area under the monotone envelope, VOC 2010 and later
  kCoco,    // 101 points, mean over ten overlaps
};

std::string NameOf(Protocol protocol);               // "ilsvrc", "voc07", "voc12", "coco"
Protocol ProtocolFromName(const std::string& name);  // throws Error listing the names otherwise
bool IsProtocolName(const std::string& name);

// Average precision of a curve, integrated as the protocol does; for COCO at one overlap.
double AveragePrecisionOf(const PrecisionRecallCurve& curve, Protocol protocol);

// What became of one detection. For COCO `verdict` and `object` are those at IoU 0.5.
struct Outcome {
  float score = 0;
  std::uint32_t image = 0;      // position in dataset.images
  std::uint32_t detection = 0;  // position among the detections of that picture
  Verdict verdict = Verdict::kFalsePositive;
  // Position of the object that decided, in the picture's annotations: see Match.
  std::optional<std::uint32_t> object = std::nullopt;
  float iou = 0;  // with that object
  // COCO: bit i is set if it counts as found, or not at all, at IoU .5 + i * .05.
  std::uint16_t coco_found = 0;
  std::uint16_t coco_ignored = 0;

  bool operator==(const Outcome&) const = default;
};

struct ClassResult {
  ClassId class_id{};
  std::size_t objects = 0;     // that count: see CountsAsObject
  std::size_t detections = 0;  // of the class in all pictures, with those that count neither way
  std::size_t true_positives = 0;
  // Nothing when the class has no object that counts.
  std::optional<double> average_precision;
  PrecisionRecallCurve curve;  // COCO: at IoU 0.5
  // One per detection, in the order in which they were judged.
  std::vector<Outcome> outcomes = {};
  std::optional<CocoNumbers> coco = std::nullopt;  // for kCoco

  bool operator==(const ClassResult&) const = default;
};

struct EvaluationOptions {
  Protocol protocol = Protocol::kVoc12;
  // The IoU from which a detection has found an object, in (0, 1]. ILSVRC requires less for a small
  // object. COCO has its own ten thresholds and ignores this.
  double min_iou = 0.5;
  // Classes are judged in parallel by this many threads, at least 1. The result does not depend on
  // it.
  int workers = 1;
  // The classes to judge; empty: all. The result of a class does not depend on which others are
  // judged.
  std::vector<ClassId> only = {};

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

struct Evaluation {
  Protocol protocol = Protocol::kVoc12;
  std::vector<ClassResult> classes;  // in the order of dataset.classes, or of options.only
  // Over classes with objects that count; nothing without any.
  std::optional<double> mean_average_precision = std::nullopt;
  std::optional<double> median_average_precision = std::nullopt;
  std::optional<CocoNumbers> coco = std::nullopt;  // for kCoco

  bool operator==(const Evaluation&) const = default;
};

// The evaluation with these results of its classes: computes their mean, their median and COCO's
// means.
Evaluation EvaluationOf(Protocol protocol, std::vector<ClassResult> classes);

// Whether an object counts as found or missed. Under VOC's rules difficult objects and crowds do
// not count, under COCO's crowds do not. An object whose class is blacklisted in its picture never
// counts.
bool CountsAsObject(const Dataset& dataset,
                    std::size_t image,
                    const Annotation& annotation,
                    Protocol protocol);

// Matches detections to the truth by the protocol's rules (eval/matching.h, eval/coco_protocol.h),
// and returns the results of each class.
//
// Detections go by descending score; equal scores in the order of dataset.images, then of the
// picture's detections. Pictures are matched by id, classes by name or WordNet id
// (AlignDetections). Pictures without detections count with their objects. A class with objects and
// no detection has AP 0. Objects and detections in dataset.blacklist count neither way. Only the
// VOC protocols read Annotation::difficult.
//
// Throws Error for what AlignDetections refuses and for options out of range. Expects options.only
// to be in dataset.classes.
Evaluation Evaluate(const Dataset& dataset,
                    const DetectionSet& detections,
                    const EvaluationOptions& options);

}  // namespace deeper
