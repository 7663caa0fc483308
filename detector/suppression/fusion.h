#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/detection.h"

namespace deeper {

// Weighted boxes fusion of several models' detections of one picture (Solovyev et al. 2021, section
// 3). Within each class, detections by descending weighted score w s join the cluster whose fused
// box they overlap most, if by more than `min_iou`, or begin one. A fused box is the mean of its
// members' boxes weighted by w s; its score is the mean of their w s, times min(members, models)
// over the sum of the weights: what few models see loses. `weights` are above 0, one a model;
// scores are not negative. By descending score; equal scores by class and box as in
// SuppressNonMaxima, whatever the order of detections within a model.
std::vector<Detection> FuseBoxes(std::span<const std::vector<Detection>> models,
                                 std::span<const double> weights,
                                 double min_iou);

// A fused detection with what it was made of.
struct FusedDetection {
  struct Member {
    std::size_t model = 0;
    std::size_t detection = 0;  // position among the model's

    bool operator==(const Member&) const = default;
  };
  Detection detection;
  std::vector<Member> members;  // by descending weighted score, at least one
};

// FuseBoxes retold.
std::vector<FusedDetection> FuseBoxesWithMembers(std::span<const std::vector<Detection>> models,
                                                 std::span<const double> weights,
                                                 double min_iou);

}  // namespace deeper
