#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/detection.h"
#include "core/image.h"

namespace deeper {

// A colour for a class, the same in every picture and run: it depends on the class's name alone.
// BGR, distinct from white and black.
std::array<std::uint8_t, 3> ColourOf(const std::string& class_name);

// `image` with each detection's box and "name score" label. Lines and letters grow with the picture
// so that labels can be read at every size from 100 to 10,000 pixels; labels stay inside the
// picture. Best scores are drawn last, on top.
Image DrawDetections(const Image& image,
                     const std::vector<Detection>& detections,
                     const ClassTable& classes);

// Encoded as JPEG (quality 1..100).
std::vector<std::uint8_t> EncodeJpeg(const Image& image, int quality = 90);

}  // namespace deeper
