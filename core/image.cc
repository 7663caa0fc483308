#include "core/image.h"

#include <algorithm>

#include "core/error.h"

namespace deeper {

Image MakeImage(int width, int height, std::uint8_t blue, std::uint8_t green, std::uint8_t red) {
  Expects(width >= 0 && height >= 0, "a picture has no negative side");
  Image image{.width = width, .height = height, .bgr = {}};
  image.bgr.resize(std::size_t{3} * static_cast<std::size_t>(width) *
                   static_cast<std::size_t>(height));
  for (std::size_t i = 0; i < image.bgr.size(); i += 3) {
    image.bgr[i] = blue;
    image.bgr[i + 1] = green;
    image.bgr[i + 2] = red;
  }
  return image;
}

Image MirrorImage(const Image& image) {
  Image mirrored = image;
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* from = image.Row(y);
    std::uint8_t* to = mirrored.Row(y) + std::ptrdiff_t{3} * (image.width - 1);
    for (int x = 0; x < image.width; ++x, from += 3, to -= 3) std::copy_n(from, 3, to);
  }
  return mirrored;
}

}  // namespace deeper
