#pragma once

#include "core/box.h"
#include "core/image.h"

namespace deeper {

// A part of a picture, scaled down.
struct Thumbnail {
  Image image;
  Box part_in_image;  // whole pixels, inside the picture
  double scale = 1;   // thumbnail pixels per picture pixel, at most 1
};

// The whole pixels of `part` inside the picture, shrunk so that neither side is longer than
// max_side_px; never enlarged. An empty part gives an empty thumbnail. Expects max_side_px > 0.
Thumbnail MakeThumbnail(const Image& image, const Box& part, int max_side_px);

// `box` with this share of its longer side added all around.
Box WithMargin(const Box& box, double margin);

}  // namespace deeper
