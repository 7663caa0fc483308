#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/image.h"
#include "proposals/selective_search.h"

namespace deeper {

// A picture in some colour space: `channels` planes of width x height bytes, one after the other,
// rows from the top, dense. Every channel is spread over 0..255, so that one threshold k serves all
// spaces.
struct ColourPlanes {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<std::uint8_t> values;

  std::size_t PixelCount() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
  const std::uint8_t* Plane(int channel) const {
    return values.data() + static_cast<std::size_t>(channel) * PixelCount();
  }

  bool operator==(const ColourPlanes&) const = default;
};

// `image` in one of the colour spaces of Uijlings et al. 2013, section 3.1:
//   kHsv        hue 0..255 for 0..360 degrees, saturation, value; gray has hue 0
//   kLab        CIE L*a*b* of sRGB with D65: 2.55 L*, a* + 128, b* + 128
//   kRgi        normalised red R / (R+G+B) and green, times 255, and the mean of R, G, B; black
//               has 85, 85
//   kHue        the hue of kHsv alone: one channel
//   kIntensity  0.299 R + 0.587 G + 0.114 B: one channel
// Expects a non-empty image. Safe to call from several threads.
ColourPlanes ConvertColour(const Image& image, ColourSpace space);

// Fills the tables of OpenCV's colour conversions, and returns when they are full. OpenCV would
// fill them on the first conversion without a lock: a thread that comes meanwhile leaks them, or
// reads them half filled. Call this before OpenCV converts colours. Safe from several threads.
void FillColourTables();

}  // namespace deeper
