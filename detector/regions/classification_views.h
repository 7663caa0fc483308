#pragma once

#include <vector>

#include "core/box.h"

namespace deeper {

// A part of a picture that a classifier looks at, to be resized to its input.
struct ClassificationView {
  Box box;
  bool mirrored = false;

  bool operator==(const ClassificationView&) const = default;
};

// The views of a picture of width x height pixels whose probabilities are averaged (Szegedy et al.
// 2014, section 7). All are inside the picture; in a square one some are equal.
//   1    the middle 224 x 224 of the picture squashed to 256 x 256, as BVLC's own figures are made
//   10   of the middle square with its side at 256: the four corners and the centre of 224 x 224,
//        and their mirror images (Krizhevsky et al. 2012; the paper does not say which its ten are)
//   144  shorter sides at 256, 288, 320 and 352; of each the left, middle and right squares (top,
//        middle and bottom if the picture is higher than wide); of each the four corners and the
//        centre of 224 x 224 and the square itself; and their mirror images
//
// Boxes are in the picture's own pixels: 224 pixels at scale s are 224 / s of them. Expects a
// picture that is not empty and one of these counts.
std::vector<ClassificationView> ClassificationViews(int width, int height, int count);

}  // namespace deeper
