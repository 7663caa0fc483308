#include "proposals/colour_space.h"

#include <opencv2/imgproc.hpp>

#include "core/error.h"

namespace deeper {
namespace {

// The first `channels` planes of OpenCV's 8-bit conversion.
ColourPlanes ConvertWithOpenCv(const Image& image, int conversion_code, int channels) {
  FillColourTables();
  // OpenCV has no view of constant data; cvtColor only reads it.
  const cv::Mat bgr(
      image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.bgr.data()));
  cv::Mat converted;
  cv::cvtColor(bgr, converted, conversion_code);

  ColourPlanes planes{
      .width = image.width, .height = image.height, .channels = channels, .values = {}};
  const std::size_t pixels = planes.PixelCount();
  planes.values.resize(pixels * static_cast<std::size_t>(channels));
  for (int channel = 0; channel < channels; ++channel) {
    const std::uint8_t* src = converted.ptr<std::uint8_t>() + channel;
    std::uint8_t* dst = planes.values.data() + static_cast<std::size_t>(channel) * pixels;
    for (std::size_t i = 0; i < pixels; ++i) dst[i] = src[3 * i];
  }
  return planes;
}

ColourPlanes ConvertToRgi(const Image& image) {
  ColourPlanes planes{.width = image.width, .height = image.height, .channels = 3, .values = {}};
  const std::size_t pixels = planes.PixelCount();
  planes.values.resize(3 * pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    const int green = image.bgr[3 * i + 1];
    const int red = image.bgr[3 * i + 2];
    const int sum = image.bgr[3 * i] + green + red;
    const auto normalised = [sum](int value) {
      return static_cast<std::uint8_t>(sum == 0 ? 85 : (255 * value + sum / 2) / sum);
    };
    planes.values[i] = normalised(red);
    planes.values[pixels + i] = normalised(green);
    planes.values[2 * pixels + i] = static_cast<std::uint8_t>((sum + 1) / 3);
  }
  return planes;
}

ColourPlanes ConvertToIntensity(const Image& image) {
  ColourPlanes planes{.width = image.width, .height = image.height, .channels = 1, .values = {}};
  const std::size_t pixels = planes.PixelCount();
  planes.values.resize(pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    const int blue = image.bgr[3 * i];
    const int green = image.bgr[3 * i + 1];
    const int red = image.bgr[3 * i + 2];
    planes.values[i] =
        static_cast<std::uint8_t>((299 * red + 587 * green + 114 * blue + 500) / 1000);
  }
  return planes;
}

}  // namespace

void FillColourTables() {
  [[maybe_unused]] static const bool are_filled = [] {
    cv::Mat converted;
    for (const int code : {cv::COLOR_BGR2HSV, cv::COLOR_BGR2HSV_FULL, cv::COLOR_BGR2Lab})
      cv::cvtColor(cv::Mat(1, 1, CV_8UC3, cv::Scalar()), converted, code);
    return true;
  }();
}

ColourPlanes ConvertColour(const Image& image, ColourSpace space) {
  Expects(!image.IsEmpty(), "a picture with pixels");
  switch (space) {
    case ColourSpace::kHsv:
      return ConvertWithOpenCv(image, cv::COLOR_BGR2HSV_FULL, 3);
    case ColourSpace::kLab:
      return ConvertWithOpenCv(image, cv::COLOR_BGR2Lab, 3);
    case ColourSpace::kRgi:
      return ConvertToRgi(image);
    case ColourSpace::kHue:
      return ConvertWithOpenCv(image, cv::COLOR_BGR2HSV_FULL, 1);
    case ColourSpace::kIntensity:
      return ConvertToIntensity(image);
  }
  Expects(false, "a colour space of the enumeration");
  return {};
}

}  // namespace deeper
