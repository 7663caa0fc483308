#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/evaluate.h"

namespace deeper {

// Why detections are false and objects missed: Bolya et al. 2020 ("TIDE"), section 2.2.
enum class ErrorKind : std::uint8_t {
  kClass,       // well on an object, of another class
  kLocation,    // on an object of its class, but badly
  kBoth,        // badly on an object of another class
  kDuplicate,   // well on an object that a better detection has taken
  kBackground,  // on nothing
  kMiss,        // an object that is not found and that no Cls or Loc error is about
};
constexpr std::size_t kErrorKinds = 6;
constexpr std::array<std::string_view, kErrorKinds> kErrorKindNames = {
    "Cls", "Loc", "Both", "Dupe", "Bkg", "Miss"};

struct ErrorOptions {
  double foreground_iou = 0.5;  // from this on a box is well on an object; in (0, 1]
  double background_iou = 0.1;  // up to this it is on nothing; below foreground_iou

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

// The fault of a false positive.
struct DetectionError {
  ErrorKind kind = ErrorKind::kBackground;
  // Position of the object that it would be a detection of, in the picture's annotations. Nothing
  // for kBackground.
  std::optional<std::uint32_t> object = std::nullopt;
  float iou = 0;  // with that object; for kBackground the highest with any

  bool operator==(const DetectionError&) const = default;
};

// An object that counts and that no detection found.
struct MissedObject {
  std::uint32_t image = 0;
  std::uint32_t object = 0;  // position in the picture's annotations
  // A Cls or Loc error is about it, so it is no Miss.
  bool covered = false;

  bool operator==(const MissedObject&) const = default;
};

struct ErrorAnalysis {
  // errors[c][i] belongs to evaluation.classes[c].outcomes[i]; nothing where it is not false.
  std::vector<std::vector<std::optional<DetectionError>>> errors;
  std::vector<MissedObject> missed;   // in the order of the data set
  double mean_average_precision = 0;  // at foreground_iou; delta_ap is added to it
  // By kind: their number, and how much mAP would be gained without them, all else equal.
  std::array<std::size_t, kErrorKinds> counts{};
  std::array<double, kErrorKinds> delta_ap{};
};

// Sorts the false positives of `evaluation` into kinds, tried in the order Loc, Cls, Dupe, Bkg,
// Both as in the authors' code. Difficult objects and crowds do not count and explain none of them.
//
// The oracles (TIDE, section 2.3): Cls and Loc errors become detections of their object, or are
// removed if it has a better one. Both, Dupe and Bkg are removed. Miss takes the objects out of the
// total. mAP is integrated as in the evaluation's protocol; for COCO at IoU 0.5 alone.
//
// Expects `evaluation` to be Evaluate(dataset, detections, ...) of these, judged at foreground_iou,
// with detections aligned to the data set (AlignDetections). ILSVRC's thresholds of small objects
// apply here too.
ErrorAnalysis AnalyseErrors(const Dataset& dataset,
                            const DetectionSet& detections,
                            const Evaluation& evaluation,
                            const ErrorOptions& options = {});

// Hoiem et al. 2012, section 3.1.
enum class HoiemKind : std::uint8_t {
  kLocation,    // overlaps an object of its class from .1, duplicates too
  kSimilar,     // overlaps one of a similar class from .1
  kOther,       // overlaps one of any other class from .1
  kBackground,  // none of these
};
constexpr std::size_t kHoiemKinds = 4;
constexpr std::array<std::string_view, kHoiemKinds> kHoiemKindNames = {"Loc", "Sim", "Oth", "BG"};

// Sets of classes that are alike. The paper's for VOC's names: vehicles, animals with person,
// furniture, and aeroplane with bird. None when a table lacks one of these: other data sets have no
// such sets, even if some names are the same.
using SimilarClasses = std::vector<std::vector<ClassId>>;
SimilarClasses HoiemGroups(const ClassTable& classes);

// For each class, the false positives of each kind among its best-ranked N false positives. N is
// its number of objects, as in the paper's figure 2.
std::vector<std::array<std::size_t, kHoiemKinds>> CountHoiemKinds(const Dataset& dataset,
                                                                  const DetectionSet& detections,
                                                                  const Evaluation& evaluation,
                                                                  const SimilarClasses& similar);

}  // namespace deeper
