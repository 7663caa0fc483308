#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "eval/matching.h"

namespace deeper {

// The parts of COCO's protocol (pycocotools' COCOeval with bounding boxes) for one class.

constexpr std::size_t kCocoIous = 10;         // .50, .55, ..., .95
constexpr std::size_t kCocoAreas = 4;         // all, small, medium, large
constexpr std::size_t kCocoDetections = 100;  // the best per class and picture that count
// The IoU thresholds as numpy's linspace makes them.
double CocoIou(std::size_t i);

// The twelve numbers of COCO, in the order in which they are usually printed. Nothing if no object
// counts.
constexpr std::array<std::string_view, 12> kCocoNumberNames = {
    "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};
using CocoNumbers = std::array<std::optional<double>, kCocoNumberNames.size()>;

// What a detection counts as at each area (row) and IoU threshold (bit).
struct CocoOutcome {
  float score = 0;
  std::uint32_t image = 0;
  std::uint16_t rank = 0;                           // among its class's in its picture, from 0
  std::array<std::uint16_t, kCocoAreas> found{};    // true positive
  std::array<std::uint16_t, kCocoAreas> ignored{};  // counts neither way
};

// Matches the detections of one class in one picture to its objects there. Detections are by
// descending score, and the first kCocoDetections count. Also returns, for people, each detection's
// match at IoU .5 over all areas.
//
// A detection takes the object with the highest IoU (the last of equals) that reaches the
// threshold, among the objects not taken by a better detection. Objects that count come before
// crowds and those outside the area range; a detection that takes one of the latter is ignored. A
// crowd may be taken any number of times, and its overlap is the part of the detection inside it.
// Unmatched detections outside the area range are ignored.
struct CocoImageResult {
  std::vector<CocoOutcome> outcomes;
  std::vector<Match> matches;
};
CocoImageResult MatchCoco(std::span<const RankedDetection> detections,
                          std::span<const TrueObject> objects);

// Number of objects that count: in an area range and no crowd.
std::array<std::size_t, kCocoAreas> CountCocoObjects(std::span<const TrueObject> objects);

// The numbers of a class from the outcomes of all pictures, by descending score.
CocoNumbers CocoNumbersOf(std::span<const CocoOutcome> outcomes,
                          const std::array<std::size_t, kCocoAreas>& objects);

// The mean of each number over the classes that have it.
CocoNumbers MeanOf(std::span<const CocoNumbers> classes);

}  // namespace deeper
