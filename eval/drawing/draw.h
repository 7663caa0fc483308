#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/detection.h"
#include "core/image.h"

namespace deeper {

// A colour for a class, the same in every picture and run: it depends only on the class's name.
// BGR, bright enough to stand out, distinct from white and black. Any two of the 20 VOC classes
// differ clearly; two arbitrary names may share one of the 72 colours.
std::array<std::uint8_t, 3> ColourOf(const std::string& class_name);

// Returns `image` with each detection's box and "name score" label. Lines and letters grow with the
// picture, so labels can be read at every size from 100 to 10,000 pixels.
//
// Labels stay inside the picture: above their box, else inside or below it, where they cover the
// fewest other labels. In a picture that is too narrow, letters shrink, then the text is cut.
// Text is drawn in the fonts of this machine, in every script that one of them has; other
// characters show as "?" (FontFaultOf). The best scores are drawn last, on top. Boxes outside the
// picture and empty ones are not drawn.
//
// Throws nothing for scores or boxes that are not finite.
Image DrawDetections(const Image& image,
                     const std::vector<Detection>& detections,
                     const ClassTable& classes);

// What drawings cannot show of the names, and what to do, for people; "" where all can be shown.
std::string FontFaultOf(const ClassTable& classes);

// How a frame is drawn, to tell frames apart without colours.
enum class LineStyle {
  kSolid,
  kDashed,
  kDotted,
  kThin,  // solid, half as wide
};

// A box with a label. With an empty text it has no label.
struct Mark {
  Box box;
  std::string text;
  std::array<std::uint8_t, 3> bgr = {0, 0, 0};
  LineStyle style = LineStyle::kSolid;
};

// Returns `image` with these boxes and labels, by the same rules as DrawDetections. Earlier marks
// have the first choice of their label's place and are drawn last, on top. Frames that are not
// solid stand on a dark line, so their gaps are seen on any ground.
Image DrawMarks(const Image& image, const std::vector<Mark>& marks);

// The picture encoded as JPEG. Expects a picture that is not empty and a quality of 1 to 100; a
// higher quality is larger and truer. Throws Error for pictures beyond JPEG's 65,500 pixels per
// side.
std::vector<std::uint8_t> EncodeJpeg(const Image& image, int quality = 90);

}  // namespace deeper
