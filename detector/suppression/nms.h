#pragma once

#include <vector>

#include "core/detection.h"

namespace deeper {

struct NmsOptions {
  double max_iou =
      0.3;  // a box overlapping a better one of its class by more is suppressed (R-CNN)
  int max_per_class = 100;  // boxes kept a class and picture; 0 keeps all
  // Soft-NMS (Bodla et al. 2017): instead of being suppressed by more than max_iou, a box's score
  // falls by exp(-iou^2 / soft_sigma) for each better one of its class that it overlaps. Needs
  // scores from 0 up, as probabilities; a larger sigma suppresses less. 0: off.
  double soft_sigma = 0;
  // Box voting (Gidaris and Komodakis 2015, section 4): each kept box becomes the mean of the boxes
  // of its class that overlap it by at least this IoU, itself among them, weighted by
  // max(0, score + vote_offset). 0 keeps the boxes as they are.
  double vote_iou = 0;
  // Score of a box that has no vote, negated: 1.5 suits margins of SVMs, 0 probabilities.
  double vote_offset = 1.5;
  void Validate() const;
  bool operator==(const NmsOptions&) const = default;
};

// Greedy non-maximum suppression within each class, hard or soft, then box voting where asked for.
// Returns the survivors by descending score; ties by class, then by box (x0, y0, x1, y1), so the
// order of the input does not matter. Detections whose score or box is not finite are dropped.
std::vector<Detection> SuppressNonMaxima(std::vector<Detection> detections,
                                         const NmsOptions& options);

}  // namespace deeper
