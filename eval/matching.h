#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/box.h"

namespace deeper {

// What a detection counts as.
enum class Verdict : std::uint8_t {
  kTruePositive,
  kFalsePositive,
  kDuplicate,  // a false positive too: on an object that a better detection has taken
  kIgnored,    // neither way: on a difficult object or a crowd, or of a class that is not judged
};

// A verdict with its reason.
struct Match {
  Verdict verdict = Verdict::kFalsePositive;
  // Position of the object that the verdict is due to, in the objects that were given. Nothing for
  // a false positive that is no duplicate, and when a rule ignores a detection without an object.
  std::optional<std::size_t> object = std::nullopt;
  double iou = 0;  // with that object

  bool operator==(const Match&) const = default;
};

// A detection of one class in picture number `image`.
struct RankedDetection {
  Box box;
  float score = 0;
  std::uint32_t image = 0;
  std::uint32_t position = 0;  // among the picture's detections
};

// A true object of one class in picture number `image`.
struct TrueObject {
  Box box;
  std::uint32_t image = 0;
  std::uint32_t position = 0;  // among the picture's annotations
  bool difficult = false;
  bool crowd = false;
  double area_px = 0;    // of the object itself, for COCO's areas
  bool matched = false;  // a detection has taken it
};

// The IoU that a detection needs with this object in ILSVRC DET:
//   min(base, wh / ((w + 10) (h + 10))).
// It lets a box of a small object be off by about 5 pixels on each side.
double IlsvrcThreshold(const Box& object, double base);

// ILSVRC DET: the detection takes the object with the highest IoU (the first of equals), among the
// untaken objects of its class in its picture whose threshold it reaches. Marks that object as
// matched. Without such an object the detection is false; it is a duplicate if it reaches a taken
// object's threshold.
Match MatchIlsvrc(const Box& detection, std::span<TrueObject> objects_of_image, double base_iou);

// VOC: the detection goes to the object of its class in its picture with the highest IoU (the first
// of equals), taken or not. Below min_iou it is false. On a difficult object it is ignored. On a
// taken object it is a duplicate, and so false.
Match MatchVoc(const Box& detection, std::span<TrueObject> objects_of_image, double min_iou);

}  // namespace deeper
