#include "core/pictures/read_image.h"

#include <cstddef>
#include <cstring>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/image_header.h"
#include "core/pictures/jpeg.h"

namespace deeper {
namespace {

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30U;

Image ImageFrom(const cv::Mat& pixels) {
  Image image = MakeImage(pixels.cols, pixels.rows, 0, 0, 0);
  const std::size_t row_bytes = std::size_t{3} * static_cast<std::size_t>(pixels.cols);
  for (int y = 0; y < pixels.rows; ++y) {
    std::memcpy(image.Row(y), pixels.ptr(y), row_bytes);
  }
  return image;
}

// The picture upright: orientations 5 to 8 mirror it at its main diagonal, and then it is mirrored
// as follows (Exif 2.32, section 4.6.4, tag 274).
Image Turned(Image image, int orientation) {
  if (orientation == 1) return image;
  cv::Mat pixels(image.height, image.width, CV_8UC3, image.bgr.data());
  if (orientation >= 5) pixels = pixels.t();
  constexpr int kLeftRight = 1;
  constexpr int kUpDown = 0;
  constexpr int kBoth = -1;
  cv::Mat upright = pixels;
  if (orientation == 2 || orientation == 6) cv::flip(pixels, upright, kLeftRight);
  if (orientation == 4 || orientation == 8) cv::flip(pixels, upright, kUpDown);
  if (orientation == 3 || orientation == 7) cv::flip(pixels, upright, kBoth);
  return ImageFrom(upright);
}

Image DecodeByOpenCv(const std::vector<std::uint8_t>& file,
                     std::string_view format,
                     bool apply_exif_orientation,
                     const std::string& source) {
  const int flags =
      apply_exif_orientation ? cv::IMREAD_COLOR : cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION;
  const std::string what = source + ": is a truncated or corrupt " + std::string(format) +
                           ", or of a kind that OpenCV does not read";
  cv::Mat pixels;
  try {
    // Into a matrix of its own: only then does OpenCV report a picture that ends early.
    pixels = cv::imdecode(file, flags);
  } catch (const cv::Exception& exception) {
    throw Error(what + ": " + exception.err);
  }
  if (pixels.empty()) throw Error(what);
  Expects(pixels.type() == CV_8UC3, "OpenCV gives the 8-bit colours that it was asked for");
  return ImageFrom(pixels);
}

// Decoders take memory of their own beside the picture's, so large pictures go one at a time.
constexpr std::int64_t kLargePixels = 16'000'000;

std::unique_lock<std::mutex> WaitWhereLarge(std::int64_t pixels) {
  static std::mutex one_large;
  return pixels > kLargePixels ? std::unique_lock(one_large) : std::unique_lock<std::mutex>();
}

ScaledImage Read(const std::filesystem::path& path,
                 int min_side_px,
                 const ReadImageOptions& options) {
  const std::string source = path.string();
  const std::vector<std::uint8_t> file = ReadFile(path, kMaxFileBytes);
  const std::optional<ImageHeader> header = ReadImageHeader(file, source);
  if (!header) {
    throw Error(source +
                ": is not a picture of a known format, expected JPEG, PNG, BMP, WebP, TIFF, "
                "PNM, PAM or JPEG 2000");
  }
  if (header->format == "JPEG") {
    const auto turn = WaitWhereLarge(JpegPixels(file, source));
    ScaledImage scaled = DecodeJpeg(
        file,
        {.max_pixels = options.max_pixels, .min_side_px = min_side_px, .lenient = options.lenient},
        source);
    const int orientation = options.apply_exif_orientation ? JpegOrientation(file) : 1;
    if (orientation >= 5) std::swap(scaled.full_width, scaled.full_height);
    scaled.image = Turned(std::move(scaled.image), orientation);
    return scaled;
  }
  CheckPixels(header->width, header->height, options.max_pixels, source);
  const auto turn = WaitWhereLarge(static_cast<std::int64_t>(header->width * header->height));
  Image image = DecodeByOpenCv(file, header->format, options.apply_exif_orientation, source);
  const int width = image.width;
  const int height = image.height;
  return {.image = std::move(image), .full_width = width, .full_height = height};
}

}  // namespace

Image ReadImage(const std::filesystem::path& path, const ReadImageOptions& options) {
  return Read(path, 0, options).image;
}

ScaledImage ReadScaledImage(const std::filesystem::path& path,
                            int min_side_px,
                            const ReadImageOptions& options) {
  Expects(min_side_px > 0, "min_side_px > 0");
  return Read(path, min_side_px, options);
}

}  // namespace deeper
