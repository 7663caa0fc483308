#pragma once

#include <vector>

#include "core/detection.h"

namespace deeper {

struct NmsOptions {
  double max_iou =
      0.3;  // a box overlapping a better one of its class by more is suppressed (R-CNN)
  int max_per_class = 100;  // boxes kept per class and picture; 0 keeps all
  // Soft-NMS (Bodla et al. 2017): a box that overlaps a better one of its class is not suppressed
  // by max_iou. Instead its score is multiplied, for each such better box, by
  //   exp(-iou^2 / soft_sigma).
  // Needs scores from 0 up, such as probabilities. A larger sigma suppresses less. 0: off.
  double soft_sigma = 0;
  // Box voting (Gidaris and Komodakis 2015, section 4): each kept box becomes the mean of the boxes
  // of its class that overlap it by at least this IoU, itself included. The weight of a box is
  //   max(0, score + vote_offset).
  // 0 keeps the boxes as they are.
  double vote_iou = 0;
  // The negated score at which a box has no vote: 1.5 suits margins of SVMs, 0 probabilities.
  double vote_offset = 1.5;
  void Validate() const;
  bool operator==(const NmsOptions&) const = default;
};

// Greedy non-maximum suppression within each class, hard or soft, then box voting if requested.
// Returns the survivors by descending score; ties by class, then by box (x0, y0, x1, y1). So the
// order of the input does not matter. Detections whose score or box is not finite are dropped.
std::vector<Detection> SuppressNonMaxima(std::vector<Detection> detections,
                                         const NmsOptions& options);

}  // namespace deeper
