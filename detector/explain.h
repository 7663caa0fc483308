#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/detection.h"
#include "detector/region_scores.h"

namespace deeper {

// What became of a region as a detection of one class.
enum class Fate : std::uint8_t {
  kKept,
  kSuppressed,     // overlaps a better one of its class by more than NmsOptions::max_iou
  kBelowMinScore,  // dropped before suppression
  kLowered,        // soft suppression lowered its score below min_score
  kBeyondMost,     // NmsOptions::max_per_class better ones were kept before it
};

// A region as a detection of one class, before suppression, and its fate.
struct Candidate {
  std::size_t region = 0;  // position among the regions
  Detection detection;     // its box moved by the regression and clipped to the picture
  Fate fate = Fate::kBelowMinScore;
  // For kSuppressed: position, among the candidates, of the best one that suppresses it, and the
  // IoU with that.
  std::optional<std::size_t> suppressor = std::nullopt;
  double suppressor_iou = 0;
  // For kKept: the detection that is returned. Box voting may have moved its box, soft suppression
  // lowered its score.
  std::optional<Detection> given_out = std::nullopt;
  // For kKept: how many of its class were kept before it.
  std::size_t kept_before = 0;

  bool operator==(const Candidate&) const = default;
};

// DetectionsOf with reasons: every region as every class, by region, then by class. The `given_out`
// of the kept ones are what DetectionsOf returns for the same arguments. Empty boxes are left out.
// Of two regions that became the same detection, the first is kept. Soft suppression,
// options.nms.soft_sigma > 0, suppresses nothing: see LoweringsOf.
std::vector<Candidate> ExplainDetections(const RegionScores& regions,
                                         int image_width,
                                         int image_height,
                                         const DetectOptions& options);

// How one kept candidate lowered another's score by soft suppression.
struct Lowering {
  std::size_t candidate = 0;  // position of the other candidate
  double iou = 0;             // of the two before box voting
  double factor = 1;          // exp(-iou^2 / soft_sigma), on the score

  bool operator==(const Lowering&) const = default;
};

// What lowered the score of the kept candidate at `place`, and whose scores it lowered. `of_it` is
// in the order of the lowerings; the product of the factors leads from the candidate's own score to
// the returned one. Candidates of its class that do not overlap it are in neither list. Both are
// empty under hard suppression and for a candidate that is not kept.
struct Lowerings {
  std::vector<Lowering> of_it;
  std::vector<Lowering> by_it;
};
Lowerings LoweringsOf(std::span<const Candidate> candidates,
                      std::size_t place,
                      const NmsOptions& options);

}  // namespace deeper
