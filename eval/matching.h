#pragma once

#include <cstdint>
#include <span>

#include "core/box.h"

namespace deeper {

// What a detection counts as.
enum class Verdict : std::uint8_t {
  kTruePositive,
  kFalsePositive,
  kIgnored,  // neither way: on a difficult object, or of a class that is not judged in its picture
};

// A detection of one class in picture number `image`.
struct RankedDetection {
  Box box;
  float score = 0;
  std::uint32_t image = 0;
};

// A true object of one class in picture number `image`.
struct TrueObject {
  Box box;
  std::uint32_t image = 0;
  bool difficult = false;
  bool matched = false;  // a detection has taken it
};

// The IoU that a detection needs with this object in ILSVRC DET: min(base, wh / ((w + 10) (h +
// 10))), which lets a box of a small object be off by about 5 pixels on each side.
double IlsvrcThreshold(const Box& object, double base);

// ILSVRC DET: the detection takes, of the objects of its class in its picture that nobody has taken
// and whose threshold it reaches, the one with the highest IoU (the first of equals). Marks it as
// matched.
Verdict MatchIlsvrc(const Box& detection, std::span<TrueObject> objects_of_image, double base_iou);

// VOC: the detection goes to the object of its class in its picture with the highest IoU (the first
// of equals), taken or not. Below min_iou it is false; on a difficult object it is ignored; on one
// that was taken it is a duplicate, so false.
Verdict MatchVoc(const Box& detection, std::span<TrueObject> objects_of_image, double min_iou);

}  // namespace deeper
