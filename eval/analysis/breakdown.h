#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/evaluate.h"

namespace deeper {

// Views of an evaluation besides its mAP. `detections` are aligned to `dataset` (AlignDetections),
// and `evaluation` is of these two.

// Where to cut a class's detections: the score with the highest
//   F1 = 2 P R / (P + R).
struct OperatingPoint {
  float score = 0;
  double precision = 0;
  double recall = 0;
  double f1 = 0;

  bool operator==(const OperatingPoint&) const = default;
};
// Nothing for a class without true positives. Of equal F1, the highest score.
std::optional<OperatingPoint> BestOperatingPoint(const PrecisionRecallCurve& curve);

// How many objects of one class were detected as which.
struct ConfusionMatrix {
  // (t, d): objects of class t that have a detection of class d at their place. With t = classes
  // the detection is on background; with d = classes the object was missed. Cells of 0 are left
  // out, since of many classes nearly all are.
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> cells;
  std::size_t classes = 0;

  std::size_t At(std::size_t t, std::size_t d) const {
    const auto cell = cells.find({t, d});
    return cell == cells.end() ? 0 : cell->second;
  }
};
// Only detections at or above their class's operating point count. Those that the evaluation counts
// as found are on their objects: the diagonal. The false ones then take, by descending score, the
// object of another class that they overlap most among those not taken, from `min_iou` (under
// ILSVRC's rules less for small objects), and else are on background. Objects that do not count,
// and detections on them, are left out. So a row's sum is the objects of its class.
ConfusionMatrix CountConfusions(const Dataset& dataset,
                                const DetectionSet& detections,
                                const Evaluation& evaluation,
                                double min_iou);

// Average precision for a part of the objects. Objects outside it and detections that found them
// count neither way. The parts are Hoiem's (2012, section 3.2): of each class the smallest 10%, the
// next 20%, the middle 40%, the next 20% and the largest 10%, by area, or by width over height.
constexpr std::size_t kParts = 5;
constexpr std::array<std::string_view, kParts> kSizeNames = {"XS", "S", "M", "L", "XL"};
constexpr std::array<std::string_view, kParts> kAspectNames = {"XT", "T", "M", "W", "XW"};
struct PartResult {
  std::size_t objects = 0;
  std::size_t found = 0;
  std::optional<double> mean_average_precision;  // over classes with objects in this part
};
enum class ObjectProperty { kArea, kAspect };
std::array<PartResult, kParts> AveragePrecisionByPart(const Dataset& dataset,
                                                      const Evaluation& evaluation,
                                                      ObjectProperty property);

// How often detections of about this score are right, over all classes. Up to `bins` bins of equal
// width between the lowest and the highest score, by rising score. Bins without a detection are
// left out, and so are ignored detections. Expects finite scores.
struct CalibrationBin {
  double mean_score = 0;
  double precision = 0;
  std::size_t detections = 0;
};
std::vector<CalibrationBin> CalibrationCurve(const Evaluation& evaluation, std::size_t bins = 10);

// The expected calibration error of scores that are probabilities (Guo et al. 2017, equation 5):
//   sum over bins of (detections of the bin / all) |precision - mean score|
// Nothing without detections.
std::optional<double> ExpectedCalibrationError(std::span<const CalibrationBin> curve);

}  // namespace deeper
