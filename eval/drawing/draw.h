#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/detection.h"
#include "core/image.h"
#include "eval/drawing/colours.h"

namespace deeper {

// How boxes are drawn.
struct DrawingStyle {
  // Width of a frame's line in pixels, without its border; 0: grows with the picture.
  int line_px = 0;
  // By class; empty: DistinctColours of their number.
  std::vector<Colour> colours;

  bool operator==(const DrawingStyle&) const = default;
};

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
  Colour bgr = {0, 0, 0};
  LineStyle style = LineStyle::kSolid;
};

// Returns `image` with each detection's box and "name score" label. Lines and letters grow with the
// picture, so labels can be read at every size from 100 to 10,000 pixels.
//
// A frame has two tones: its class's colour between borders of black or white, whichever stands out
// from that colour. So one of the two is seen on any ground.
//
// Labels stay inside the picture and apart: above their box, else inside or below it, else at its
// edges, else near it with a line that leads to it. Only where no place is free they cover one
// another. In a picture that is too narrow, letters shrink, then the text is cut. Text is drawn in
// the fonts of this machine, in every script that one of them has; other characters show as "?"
// (FontFaultOf). The best scores are drawn last, on top. Boxes outside the picture and empty ones
// are not drawn.
//
// Expects no colours in the style, or one for each class. Throws nothing for scores or boxes that
// are not finite.
Image DrawDetections(const Image& image,
                     const std::vector<Detection>& detections,
                     const ClassTable& classes,
                     const DrawingStyle& style = {});

// The marks that DrawDetections draws, the best score first. One whose score is not a number stands
// last.
std::vector<Mark> MarksOf(const std::vector<Detection>& detections,
                          const ClassTable& classes,
                          const DrawingStyle& style = {});

// What drawings cannot show of the names, and what to do, for people; "" where all can be shown.
std::string FontFaultOf(const ClassTable& classes);

// Returns `image` with these boxes and labels, by the same rules as DrawDetections. Earlier marks
// have the first choice of their label's place and are drawn last, on top. The gaps of frames that
// are not solid have the border's tone. line_px: as in DrawingStyle.
Image DrawMarks(const Image& image, const std::vector<Mark>& marks, int line_px = 0);

// The picture encoded as JPEG. Expects a picture that is not empty and a quality of 1 to 100; a
// higher quality is larger and truer. Throws Error for pictures beyond JPEG's 65,500 pixels per
// side.
std::vector<std::uint8_t> EncodeJpeg(const Image& image, int quality = 90);

}  // namespace deeper
