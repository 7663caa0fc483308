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
  std::size_t region = 0;  // position among the regions
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

// DetectionsOf retold: every region as every class, by region, then by class. Those that are kept,
// with their final boxes, are what DetectionsOf gives for the same arguments. Boxes that are empty
// are not there. Of two regions that became one and the same detection the first is kept. Expects
// hard suppression, options.nms.soft_sigma == 0: soft suppression drops nothing for a reason.
std::vector<Candidate> ExplainDetections(const RegionScores& regions,
                                         int image_width,
                                         int image_height,
                                         const DetectOptions& options);

}  // namespace deeper
