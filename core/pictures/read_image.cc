#include "core/pictures/read_image.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/animated_webp.h"
#include "core/pictures/gif.h"
#include "core/pictures/heif.h"
#include "core/pictures/image_header.h"
#include "core/pictures/jpeg.h"
#include "core/pictures/picture_kinds.h"
#include "core/pictures/png.h"

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

// OpenCV turns TIFF files by itself, whatever it is told; of the other kinds only what it is asked.
Image DecodeByOpenCv(const std::vector<std::uint8_t>& file,
                     std::string_view format,
                     const std::string& source) {
  static const auto silent = cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  static_cast<void>(silent);
  const std::string what = source + ": is a truncated or corrupt " + std::string(format) +
                           ", or of a kind that OpenCV does not read";
  cv::Mat pixels;
  try {
    // Into a matrix of its own: only then does OpenCV report a picture that ends early.
    pixels = cv::imdecode(file, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& exception) {
    throw Error(what + ": " + exception.err);
  }
  if (pixels.empty()) throw Error(what);
  Expects(pixels.type() == CV_8UC3, "OpenCV gives the 8-bit colours that it was asked for");
  return ImageFrom(pixels);
}

Image Decode(const std::vector<std::uint8_t>& file,
             const ImageHeader& header,
             bool lenient,
             std::vector<std::string>& warnings,
             const std::string& source) {
  if (header.format == "PNG") return DecodePng(file, lenient, warnings, source);
  if (header.format == "GIF") return DecodeGif(file, source);
  if (header.format == "HEIC" || header.format == "AVIF") return DecodeHeif(file, source);
  if (header.format == "WebP" && IsAnimatedWebp(file)) return DecodeAnimatedWebp(file, source);
  return DecodeByOpenCv(file, header.format, source);
}

// Decoders take memory of their own beside the picture's, so large pictures go one at a time.
constexpr std::int64_t kLargePixels = 16'000'000;

std::unique_lock<std::mutex> WaitWhereLarge(std::int64_t pixels) {
  static std::mutex one_large;
  return pixels > kLargePixels ? std::unique_lock(one_large) : std::unique_lock<std::mutex>();
}

// Throws Error that says what the file is instead of a picture.
[[noreturn]] void FailOnNoPicture(std::span<const std::uint8_t> file, const std::string& source) {
  const ContentKind* kind = KindOfContent(file);
  const std::string found = file.empty()      ? "an empty file"
                            : kind == nullptr ? "another"
                            : kind->role == ContentRole::kVideo
                                ? "a video (" + std::string(kind->name) + ")"
                                : std::string(kind->name);
  throw Error(source + ": is not a picture of a known format, expected " + ReadablePictures() +
              ", found " + found);
}

ScaledImage Read(const std::filesystem::path& path,
                 int min_side_px,
                 const ReadImageOptions& options) {
  const std::string source = path.string();
  const std::vector<std::uint8_t> file = ReadFile(path, kMaxFileBytes);
  const std::optional<ImageHeader> header = ReadImageHeader(file, source, options.lenient);
  if (!header) FailOnNoPicture(file, source);
  CheckPixels(header->width, header->height, options.max_pixels, source);
  const auto turn = WaitWhereLarge(static_cast<std::int64_t>(header->width * header->height));
  std::vector<std::string> warnings;
  ScaledImage scaled;
  if (header->format == "JPEG") {
    scaled = DecodeJpeg(
        file,
        {.max_pixels = options.max_pixels, .min_side_px = min_side_px, .lenient = options.lenient},
        warnings,
        source);
  } else {
    scaled.image = Decode(file, *header, options.lenient, warnings, source);
    scaled.full_width = scaled.image.width;
    scaled.full_height = scaled.image.height;
  }
  if (header->format != "TIFF") {  // see DecodeByOpenCv
    if (header->orientation >= 5) std::swap(scaled.full_width, scaled.full_height);
    scaled.image = Turned(std::move(scaled.image), header->orientation);
  }
  if (options.warn) {
    for (const std::string& warning : warnings) options.warn(source + ": " + warning);
  }
  return scaled;
}

// The bytes that the header of a file needs: of a JPEG, which can be told from them, the beginning;
// of others all.
std::vector<std::uint8_t> HeaderBytes(const std::filesystem::path& path, const InputFile& file) {
  constexpr std::uintmax_t kBeginning = std::uintmax_t{64} << 10U;
  std::vector<std::uint8_t> bytes(std::min(file.size(), kBeginning));
  file.ReadAt(0, bytes);
  const ContentKind* kind = KindOfContent(bytes);
  if (bytes.size() == file.size() || kind == nullptr || kind->role != ContentRole::kPicture) {
    return bytes;
  }
  return kind->name == "JPEG" ? bytes : ReadFile(path, kMaxFileBytes);
}

// Whether the marker that ends a JPEG is there. Programs write other things behind it, so all is
// looked at from the back.
bool HasJpegEnd(const InputFile& file) {
  constexpr std::uintmax_t kPart = std::uintmax_t{64} << 10U;
  std::vector<std::uint8_t> part;
  for (std::uintmax_t end = file.size(); end > 2;) {
    const std::uintmax_t begin = end > kPart ? end - kPart : 0;
    part.resize(end - begin);
    file.ReadAt(begin, part);
    for (std::size_t i = part.size(); i-- > 1;) {
      if (part[i - 1] == 0xFF && part[i] == 0xD9) return true;
    }
    end = begin > 0 ? begin + 1 : 0;  // a marker may lie across two parts
  }
  return false;
}

}  // namespace

PictureSize ReadPictureSize(const std::filesystem::path& path, const ReadImageOptions& options) {
  const std::string source = path.string();
  const InputFile file(path);
  std::vector<std::uint8_t> bytes = HeaderBytes(path, file);
  std::optional<ImageHeader> header;
  try {
    header = ReadImageHeader(bytes, source, options.lenient);
  } catch (const Error&) {
    if (bytes.size() == file.size()) throw;
    bytes = ReadFile(path, kMaxFileBytes);  // a long profile before the first scan
    header = ReadImageHeader(bytes, source, options.lenient);
  }
  if (!header) FailOnNoPicture(bytes, source);
  CheckPixels(header->width, header->height, options.max_pixels, source);
  if (header->format == "JPEG" && !options.lenient && !HasJpegEnd(file)) {
    throw Error(source + ": is a truncated or corrupt JPEG: Premature end of JPEG file");
  }
  PictureSize size{.width = static_cast<int>(header->width),
                   .height = static_cast<int>(header->height),
                   .stored_width = static_cast<int>(header->width),
                   .stored_height = static_cast<int>(header->height),
                   .orientation = header->orientation};
  if (size.orientation >= 5) std::swap(size.width, size.height);
  return size;
}

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
