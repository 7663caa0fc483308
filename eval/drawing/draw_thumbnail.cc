#include "eval/drawing/draw_thumbnail.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"

namespace deeper {

Thumbnail MakeThumbnail(const Image& image, const Box& part, int max_side_px) {
  Expects(max_side_px > 0, "a thumbnail has a side");
  const Box inside = ClipToImage(part, image.width, image.height);
  if (inside.IsEmpty()) return {};
  const int x0 = static_cast<int>(std::floor(inside.x0));
  const int y0 = static_cast<int>(std::floor(inside.y0));
  const int width = static_cast<int>(std::ceil(inside.x1)) - x0;
  const int height = static_cast<int>(std::ceil(inside.y1)) - y0;
  Thumbnail thumbnail;
  thumbnail.part_in_image = {.x0 = static_cast<float>(x0),
                             .y0 = static_cast<float>(y0),
                             .x1 = static_cast<float>(x0 + width),
                             .y1 = static_cast<float>(y0 + height)};
  thumbnail.scale = std::min(
      1.0, static_cast<double>(max_side_px) / static_cast<double>(std::max(width, height)));
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * thumbnail.scale)));
  };
  Image& small = thumbnail.image;
  small.width = scaled(width);
  small.height = scaled(height);
  small.bgr.resize(std::size_t{3} * static_cast<std::size_t>(small.width) *
                   static_cast<std::size_t>(small.height));
  cv::Mat part_pixels(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    std::memcpy(part_pixels.ptr(y),
                image.Row(y0 + y) + std::ptrdiff_t{3} * x0,
                std::size_t{3} * static_cast<std::size_t>(width));
  }
  cv::Mat small_pixels(small.height, small.width, CV_8UC3, small.bgr.data());
  cv::resize(part_pixels, small_pixels, small_pixels.size(), 0, 0, cv::INTER_AREA);
  return thumbnail;
}

Box WithMargin(const Box& box, double margin) {
  const auto added = static_cast<float>(margin * double{std::max(box.Width(), box.Height())});
  return {.x0 = box.x0 - added, .y0 = box.y0 - added, .x1 = box.x1 + added, .y1 = box.y1 + added};
}

}  // namespace deeper
