#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/detection.h"

namespace deeper {

// Weighted boxes fusion of several models' detections of one picture (Solovyev et al. 2021, section
// 3). Returns fused detections by descending score; equal scores by class and box as in
// SuppressNonMaxima. The order of detections within a model does not matter.
//
// Within each class, detections go by descending weighted score w s. Each joins the cluster whose
// fused box it overlaps most, if by more than `min_iou`; else it begins a new cluster. Of a
// cluster,
//   the fused box  is the mean of the members' boxes, weighted by w s;
//   its score      is the mean of their w s, times min(members, models) / sum of the weights.
// So a detection that few models found loses score.
//
// Expects one weight per model, above 0, and scores that are not negative.
std::vector<Detection> FuseBoxes(std::span<const std::vector<Detection>> models,
                                 std::span<const double> weights,
                                 double min_iou);

// A fused detection with what it was made of.
struct FusedDetection {
  struct Member {
    std::size_t model = 0;
    std::size_t detection = 0;  // position among the model's detections

    bool operator==(const Member&) const = default;
  };
  Detection detection;
  std::vector<Member> members;  // by descending weighted score, at least one
};

// FuseBoxes, with the members of each fused detection.
std::vector<FusedDetection> FuseBoxesWithMembers(std::span<const std::vector<Detection>> models,
                                                 std::span<const double> weights,
                                                 double min_iou);

}  // namespace deeper
