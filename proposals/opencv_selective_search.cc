#include "proposals/opencv_selective_search.h"

#include <algorithm>
#include <opencv2/ximgproc/segmentation.hpp>
#include <tuple>

#include "proposals/colour_space.h"

namespace deeper {
namespace {

constexpr int kOpenCvKStep = 150;

std::vector<cv::Rect> RunOpenCv(const Image& resized, const SelectiveSearchOptions& options) {
  // OpenCV has no view of constant data; the search only reads it.
  const cv::Mat bgr(
      resized.height, resized.width, CV_8UC3, const_cast<std::uint8_t*>(resized.bgr.data()));
  FillColourTables();
  const auto search = cv::ximgproc::segmentation::createSelectiveSearchSegmentation();
  search->setBaseImage(bgr);
  const int first_k = 3 * *std::min_element(options.k.begin(), options.k.end());
  const auto sigma = static_cast<float>(options.sigma);
  if (options.colour_spaces.size() > 2) {
    search->switchToSelectiveSearchQuality(first_k, kOpenCvKStep, sigma);
  } else {
    search->switchToSelectiveSearchFast(first_k, kOpenCvKStep, sigma);
  }
  std::vector<cv::Rect> rectangles;
  search->process(rectangles);
  return rectangles;
}

}  // namespace

std::vector<KeyedBox> OpenCvSelectiveSearch(const Image& resized,
                                            const SelectiveSearchOptions& options,
                                            Random& random) {
  std::vector<PixelBox> boxes;
  for (const cv::Rect& r : RunOpenCv(resized, options)) {
    boxes.push_back({.x0 = r.x, .y0 = r.y, .x1 = r.x + r.width, .y1 = r.y + r.height});
  }
  // Smallest first, as a hierarchy would order them.
  const auto area = [](const PixelBox& box) { return std::int64_t{box.Width()} * box.Height(); };
  std::sort(boxes.begin(), boxes.end(), [&area](const PixelBox& a, const PixelBox& b) {
    return std::make_tuple(area(a), a) < std::make_tuple(area(b), b);
  });
  std::vector<KeyedBox> keyed;
  AppendKeyed(boxes, random, keyed);
  return keyed;
}

}  // namespace deeper
