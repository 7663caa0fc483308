#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace deeper {

// A picture: width x height pixels, 8 bits per channel, interleaved BGR, rows from the top, dense
// (row y starts at byte 3 * width * y). Owns its pixels.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> bgr;

  bool IsEmpty() const { return width <= 0 || height <= 0; }
  const std::uint8_t* Row(int y) const {
    return bgr.data() +
           std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(y);
  }
  std::uint8_t* Row(int y) {
    return bgr.data() +
           std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(y);
  }

  bool operator==(const Image&) const = default;
};

// A picture decoded at a fraction of its size, or at its own.
struct ScaledImage {
  Image image;
  int full_width = 0;  // of the file, upright where the image is
  int full_height = 0;

  bool operator==(const ScaledImage&) const = default;
};

// A picture of one colour.
Image MakeImage(int width, int height, std::uint8_t blue, std::uint8_t green, std::uint8_t red);

// The picture at this smaller or equal size; each pixel is the mean of those that it covers.
// Expects 1 <= width <= image.width, and the same of the height.
Image ShrinkImage(const Image& image, int width, int height);

// The picture at this size: means where it shrinks, bilinear where it grows. Expects a picture that
// is not empty, and sides of at least 1.
Image ResizeImage(const Image& image, int width, int height);

// The picture with left and right exchanged.
Image MirrorImage(const Image& image);

}  // namespace deeper
