#include "core/image.h"

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

}  // namespace deeper
