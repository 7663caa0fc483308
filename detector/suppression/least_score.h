#pragma once

#include <vector>

#include "core/detection.h"

namespace deeper {

// Removes the detections whose score is below. Soft suppression and fusion lower scores, so this
// comes behind them. Keeps the order.
inline void DropBelow(float min_score, std::vector<Detection>& detections) {
  std::erase_if(detections, [min_score](const Detection& d) { return d.score < min_score; });
}

}  // namespace deeper
