#pragma once

#include <opencv2/core.hpp>
#include <vector>

// Not a public header: it carries OpenCV.

namespace deeper {

// The place of a label of this size for a box, always inside the picture, of which the label is no
// larger. Returns the first place that is free of the labels in `taken`:
// - above the box, inside it at its top, below it, inside at its bottom, at its left or right end;
// - anywhere along its edges, inside or outside;
// - the nearest within some heights of the label around the box.
// Where none is free, the place at the box's edges where it covers the fewest pixels of others.
cv::Rect PlaceLabel(const cv::Size& label,
                    const cv::Rect& box,
                    const cv::Size& picture,
                    const std::vector<cv::Rect>& taken);

}  // namespace deeper
