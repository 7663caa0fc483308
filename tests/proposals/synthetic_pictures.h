#pragma once

#include <cstdint>

#include "core/image.h"
#include "core/random.h"

namespace deeper::test {

inline Image NoisePicture(int width, int height, std::uint64_t seed) {
  Image image = MakeImage(width, height, 0, 0, 0);
  Random random(seed);
  for (std::uint8_t& value : image.bgr) value = static_cast<std::uint8_t>(random.Below(256));
  return image;
}

struct Colour {
  std::uint8_t blue = 0;
  std::uint8_t green = 0;
  std::uint8_t red = 0;
};

// Paints x0 <= x < x1, y0 <= y < y1.
inline void FillRectangle(int x0, int y0, int x1, int y1, Colour colour, Image& image) {
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) {
      std::uint8_t* const pixel = image.Row(y) + 3 * x;
      pixel[0] = colour.blue;
      pixel[1] = colour.green;
      pixel[2] = colour.red;
    }
  }
}

// Coloured rectangles with a little noise on a gray ground: many regions, some of them textured.
inline Image RectanglesPicture(int width, int height, int rectangles, std::uint64_t seed) {
  Image image = MakeImage(width, height, 128, 128, 128);
  Random random(seed);
  const auto below = [&random](int bound) {
    return static_cast<int>(random.Below(static_cast<std::uint64_t>(bound)));
  };
  for (int i = 0; i < rectangles; ++i) {
    const int x0 = below(width);
    const int y0 = below(height);
    const int x1 = x0 + 1 + below(width - x0);
    const int y1 = y0 + 1 + below(height - y0);
    const auto shade = [&below] { return static_cast<std::uint8_t>(below(240)); };
    FillRectangle(x0, y0, x1, y1, {.blue = shade(), .green = shade(), .red = shade()}, image);
  }
  for (std::uint8_t& value : image.bgr) value = static_cast<std::uint8_t>(value + below(8));
  return image;
}

}  // namespace deeper::test
