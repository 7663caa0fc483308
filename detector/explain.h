#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/detection.h"
#include "detector/detect.h"

namespace deeper {

// What became of a region as a detection of one class.
enum class Fate : std::uint8_t {
  kKept,
  kSuppressed,     // overlaps a better one of its class by more than NmsOptions::max_iou
  kBelowMinScore,  // never went to suppression
  kBeyondMost,     // NmsOptions::max_per_class better ones were kept before it
};

// A region as a detection of one class, before suppression, and its fate.
struct Candidate {
  std::size_t region = 0;  // position in RegionFeatures::boxes
  Detection detection;     // its box moved by the regression and clipped to the picture
  Fate fate = Fate::kBelowMinScore;
  // For kSuppressed: the position among the candidates of the best one that suppresses it, and the
  // IoU with that.
  std::optional<std::size_t> suppressor = std::nullopt;
  double suppressor_iou = 0;
  // For kKept: the box that is given out, which box voting may have moved.
  std::optional<Box> final_box = std::nullopt;

  bool operator==(const Candidate&) const = default;
};

// DetectFromFeatures retold: every region as every class, by region, then by descending score.
// Those that are kept, with their final boxes, are what DetectFromFeatures gives for the same
// arguments. Boxes that regression makes empty are not there. Of two regions that became one and
// the same detection the first is kept.
std::vector<Candidate> ExplainDetections(const Model& model,
                                         const RegionFeatures& regions,
                                         const DetectOptions& options);

}  // namespace deeper
