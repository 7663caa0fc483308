#include "core/image.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

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

Image ShrinkImage(const Image& image, int width, int height) {
  Expects(width >= 1 && width <= image.width && height >= 1 && height <= image.height,
          "a smaller or equal size");
  return ResizeImage(image, width, height);
}

Image ResizeImage(const Image& image, int width, int height) {
  Expects(!image.IsEmpty() && width >= 1 && height >= 1, "pictures that are not empty");
  Image resized = MakeImage(width, height, 0, 0, 0);
  const cv::Mat from(
      image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.bgr.data()));
  cv::Mat to(height, width, CV_8UC3, resized.bgr.data());
  const bool grows = width > image.width || height > image.height;
  cv::resize(from, to, to.size(), 0, 0, grows ? cv::INTER_LINEAR : cv::INTER_AREA);
  return resized;
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
