#include "core/pictures/read_image.h"

#include <sys/stat.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

using Catch::Contains;
using test::TemporaryDirectory;
using Bytes = std::vector<std::uint8_t>;

// A smooth picture without any symmetry: blue grows to the right, green downwards.
Image Gradient(int width, int height) {
  Image image = MakeImage(width, height, 0, 0, 40);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.Row(y)[3 * x] = static_cast<std::uint8_t>(255 * x / std::max(1, width - 1));
      image.Row(y)[3 * x + 1] = static_cast<std::uint8_t>(255 * y / std::max(1, height - 1));
    }
  }
  return image;
}

cv::Mat MatOf(Image& image) { return {image.height, image.width, CV_8UC3, image.bgr.data()}; }

Bytes Encode(const cv::Mat& pixels,
             const std::string& extension,
             const std::vector<int>& flags = {}) {
  Bytes file;
  REQUIRE(cv::imencode(extension, pixels, file, flags));
  return file;
}
Bytes Encode(Image image, const std::string& extension, const std::vector<int>& flags = {}) {
  return Encode(MatOf(image), extension, flags);
}

Image ReadBytes(const Bytes& file, const ReadImageOptions& options = {}) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "picture", std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  return ReadImage(directory / "picture", options);
}

Image OpenCvReads(const Bytes& file) {
  const cv::Mat pixels = cv::imdecode(file, cv::IMREAD_COLOR);
  REQUIRE(pixels.isContinuous());
  Image image = MakeImage(pixels.cols, pixels.rows, 0, 0, 0);
  std::copy(pixels.datastart, pixels.dataend, image.bgr.begin());
  return image;
}

const std::vector<int> kLosslessWebp = {cv::IMWRITE_WEBP_QUALITY, 101};
const std::vector<int> kAsciiPnm = {cv::IMWRITE_PXM_BINARY, 0};

TEST_CASE("lossless formats come back exactly, whatever the name of the file") {
  const Image image = Gradient(37, 23);
  for (const char* extension : {".png", ".bmp", ".tiff", ".ppm"}) {
    CAPTURE(extension);
    REQUIRE(ReadBytes(Encode(image, extension)) == image);
  }
  REQUIRE(ReadBytes(Encode(image, ".webp", kLosslessWebp)) == image);
  REQUIRE(ReadBytes(Encode(image, ".ppm", kAsciiPnm)) == image);
}

TEST_CASE("JPEG 2000 is read as OpenCV reads it") {
  const Bytes file = Encode(Gradient(80, 64), ".jp2");
  REQUIRE(ReadBytes(file) == OpenCvReads(file));
}

TEST_CASE("JPEG gives the bytes that OpenCV's own reader gives") {
  for (const int quality : {20, 75, 95}) {
    for (const int progressive : {0, 1}) {
      CAPTURE(quality, progressive);
      const Bytes file =
          Encode(Gradient(61, 43),
                 ".jpg",
                 {cv::IMWRITE_JPEG_QUALITY, quality, cv::IMWRITE_JPEG_PROGRESSIVE, progressive});
      REQUIRE(ReadBytes(file) == OpenCvReads(file));
    }
  }
}

TEST_CASE("a picture of one pixel is read") {
  for (const char* extension : {".png", ".jpg", ".bmp", ".ppm"}) {
    CAPTURE(extension);
    const Image image = ReadBytes(Encode(MakeImage(1, 1, 10, 200, 30), extension));
    REQUIRE(image.width == 1);
    REQUIRE(image.height == 1);
  }
}

TEST_CASE("gray is spread over the three channels") {
  const cv::Mat gray(5, 4, CV_8UC1, cv::Scalar(90));
  for (const char* extension : {".png", ".jpg", ".pgm", ".tiff"}) {
    CAPTURE(extension);
    REQUIRE(ReadBytes(Encode(gray, extension)) == MakeImage(4, 5, 90, 90, 90));
  }
}

TEST_CASE("16 bits keep their upper 8") {
  const cv::Mat deep(3, 2, CV_16UC3, cv::Scalar(0x1234, 0x80FF, 0xFFFF));
  REQUIRE(ReadBytes(Encode(deep, ".png")) == MakeImage(2, 3, 0x12, 0x80, 0xFF));
}

TEST_CASE("alpha is dropped and the colour under it shown") {
  const cv::Mat transparent(3, 2, CV_8UC4, cv::Scalar(1, 2, 3, 0));
  REQUIRE(ReadBytes(Encode(transparent, ".png")) == MakeImage(2, 3, 1, 2, 3));
}

// A JPEG of one colour, stored as YCCK with Adobe's marker. Without the marker, whose name is then
// overwritten, readers take the same four channels for CMYK.
Bytes CmykJpeg(const std::vector<std::uint8_t>& ink, bool with_adobe_marker) {
  Bytes pixels;
  for (int i = 0; i < 64; ++i) pixels.insert(pixels.end(), ink.begin(), ink.end());
  const tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  REQUIRE(tjCompress2(
              encoder, pixels.data(), 8, 0, 8, TJPF_CMYK, &data, &size, TJSAMP_444, 100, 0) == 0);
  Bytes file(data, data + size);
  tjFree(data);
  tjDestroy(encoder);
  if (!with_adobe_marker) {
    // The marker's name is overwritten. YCCK needs it to be told from CMYK, but only for the
    // decoder.
    const std::string name = "Adobe";
    const auto at = std::search(file.begin(), file.end(), name.begin(), name.end());
    REQUIRE(at != file.end());
    *at = 'a';
  }
  return file;
}

TEST_CASE("CMYK as Adobe writes it, inverted, is light times black") {
  const Image image = ReadBytes(CmykJpeg({200, 100, 50, 255}, true));
  REQUIRE(image.width == 8);
  // The bound is what quality 100 leaves of a flat colour in YCCK.
  REQUIRE(std::abs(image.bgr[0] - 50) <= 3);
  REQUIRE(std::abs(image.bgr[1] - 100) <= 3);
  REQUIRE(std::abs(image.bgr[2] - 200) <= 3);
  const Image dark = ReadBytes(CmykJpeg({200, 100, 50, 128}, true));
  REQUIRE(std::abs(dark.bgr[2] - 100) <= 3);
}

TEST_CASE("CMYK without Adobe's marker is ink: 0 is white") {
  // C = M = Y = 200 is stored as Y = 255 - 200, Cb = Cr = 128: cyan 55, magenta and yellow 128.
  const Image image = ReadBytes(CmykJpeg({200, 200, 200, 0}, false));
  REQUIRE(std::abs(image.bgr[2] - 200) <= 3);
  REQUIRE(std::abs(image.bgr[1] - 127) <= 3);
  REQUIRE(std::abs(image.bgr[0] - 127) <= 3);
}

// The EXIF segment (Exif 2.32, section 4.5): APP1, a TIFF header and one entry, the orientation.
Bytes ExifSegment(int orientation, bool big_endian) {
  const auto value = static_cast<std::uint8_t>(orientation);
  Bytes tiff =
      big_endian
          ? Bytes{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0}
          : Bytes{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, value, 0, 0, 0};
  tiff.insert(tiff.end(), 4, 0);  // no next directory
  Bytes segment = {
      0xFF, 0xE1, 0, static_cast<std::uint8_t>(2 + 6 + tiff.size()), 'E', 'x', 'i', 'f', 0, 0};
  segment.insert(segment.end(), tiff.begin(), tiff.end());
  return segment;
}

Bytes WithExif(Bytes jpeg, int orientation, bool big_endian) {
  const Bytes segment = ExifSegment(orientation, big_endian);
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

TEST_CASE("each EXIF orientation puts the stored corners where it says, as OpenCV does") {
  // Quadrants that survive compression: red, green over blue, white.
  Image stored = MakeImage(32, 16, 0, 0, 0);
  cv::Mat pixels = MatOf(stored);
  pixels(cv::Rect(0, 0, 16, 8)) = cv::Scalar(0, 0, 255);
  pixels(cv::Rect(16, 0, 16, 8)) = cv::Scalar(0, 255, 0);
  pixels(cv::Rect(0, 8, 16, 8)) = cv::Scalar(255, 0, 0);
  pixels(cv::Rect(16, 8, 16, 8)) = cv::Scalar(255, 255, 255);
  const auto letter = [](const Image& image, int x, int y) {
    const std::uint8_t* p = image.Row(y) + 3 * x;
    const bool blue = p[0] > 128;
    const bool green = p[1] > 128;
    return blue && green ? 'w' : blue ? 'b' : green ? 'g' : 'r';
  };
  // Of the picture as shown: upper left, upper right, lower left, lower right. Exif names the side
  // of the shown picture where the stored 0th row and 0th column are: 6 is 0th row right, 0th
  // column top.
  const std::vector<std::string> shown = {
      "rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"};
  const Bytes jpeg = Encode(stored, ".jpg", {cv::IMWRITE_JPEG_QUALITY, 100});
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true}) {
      CAPTURE(orientation, big_endian);
      const Bytes file = WithExif(jpeg, orientation, big_endian);
      const Image image = ReadBytes(file);
      REQUIRE(image.width == (orientation < 5 ? 32 : 16));
      REQUIRE(image.height == (orientation < 5 ? 16 : 32));
      const int right = image.width - 3;
      const int low = image.height - 3;
      const std::string corners = {letter(image, 2, 2),
                                   letter(image, right, 2),
                                   letter(image, 2, low),
                                   letter(image, right, low)};
      REQUIRE(corners == shown[static_cast<std::size_t>(orientation - 1)]);
      REQUIRE(image == OpenCvReads(file));
    }
  }
}

ScaledImage ReadScaledBytes(const Bytes& file, int min_side_px) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "picture", std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  return ReadScaledImage(directory / "picture", min_side_px);
}

TEST_CASE("a JPEG is decoded at the smallest fraction that leaves its shorter side long enough") {
  const Bytes file = Encode(Gradient(161, 80), ".jpg");
  struct Case {
    int min_side_px, width, height;
  };
  for (const auto& [min_side_px, width, height] : {Case{81, 161, 80},
                                                   Case{41, 161, 80},
                                                   Case{40, 81, 40},
                                                   Case{20, 41, 20},
                                                   Case{1, 21, 10}}) {
    CAPTURE(min_side_px);
    const ScaledImage scaled = ReadScaledBytes(file, min_side_px);
    CHECK(scaled.image.width == width);
    CHECK(scaled.image.height == height);
    CHECK(scaled.full_width == 161);
    CHECK(scaled.full_height == 80);
    // The gradient is still there.
    const std::uint8_t* last = scaled.image.Row(height - 1) + 3 * (width - 1);
    CHECK(std::abs(int{last[0]} - 255) <= 8);
    CHECK(std::abs(int{last[1]} - 255) <= 16);
  }
}

TEST_CASE("formats other than JPEG are never scaled") {
  const Image image = Gradient(64, 48);
  const ScaledImage scaled = ReadScaledBytes(Encode(image, ".png"), 4);
  REQUIRE(scaled == ScaledImage{.image = image, .full_width = 64, .full_height = 48});
}

TEST_CASE("an EXIF orientation out of range or in a broken segment leaves the picture as stored") {
  const Bytes jpeg = Encode(Gradient(16, 8), ".jpg");
  REQUIRE(ReadBytes(WithExif(jpeg, 0, false)) == ReadBytes(jpeg));
  REQUIRE(ReadBytes(WithExif(jpeg, 9, false)) == ReadBytes(jpeg));
  Bytes broken = WithExif(jpeg, 6, false);
  std::fill(broken.begin() + 16, broken.begin() + 28, std::uint8_t{0xFF});
  REQUIRE(ReadBytes(broken) == ReadBytes(jpeg));
}

TEST_CASE("every truncation of a picture is refused, in every format") {
  Image noisy = Gradient(48, 40);
  Random random(4);
  for (std::uint8_t& value : noisy.bgr) value ^= static_cast<std::uint8_t>(random.Below(32));
  const std::vector<std::pair<std::string, std::vector<int>>> formats = {
      {".jpg", {}},
      {".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1}},
      {".png", {}},
      {".bmp", {}},
      {".webp", {}},
      {".webp", kLosslessWebp},
      {".jp2", {}},

      {".tiff", {}},
      {".ppm", {}}};
  for (const auto& [extension, flags] : formats) {
    const Bytes whole = Encode(noisy, extension, flags);
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 61) {
      CAPTURE(extension, size, whole.size());
      REQUIRE_THROWS_AS(
          ReadBytes(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
          Error);
    }
    CAPTURE(extension);
    REQUIRE_THROWS_AS(ReadBytes(Bytes(whole.begin(), whole.end() - 1)), Error);
  }
}

TEST_CASE("the message of a truncated picture names the file and what it is") {
  Bytes jpeg = Encode(Gradient(64, 64), ".jpg");
  jpeg.resize(jpeg.size() / 2);
  REQUIRE_THROWS_WITH(ReadBytes(jpeg), Contains("picture: is a truncated or corrupt JPEG"));
  Bytes png = Encode(Gradient(64, 64), ".png");
  png.resize(png.size() / 2);
  REQUIRE_THROWS_WITH(ReadBytes(png), Contains("picture: is truncated"));
}

TEST_CASE("a JPEG whose data is overwritten is refused, not filled with gray") {
  Bytes jpeg = Encode(Gradient(64, 64), ".jpg", {cv::IMWRITE_JPEG_QUALITY, 95});
  std::fill(jpeg.end() - 200, jpeg.end() - 100, std::uint8_t{0xFF});
  REQUIRE_THROWS_WITH(ReadBytes(jpeg), Contains("corrupt JPEG"));
}

TEST_CASE("a lenient reader takes the part of a JPEG that is there") {
  const Bytes whole = Encode(Gradient(256, 256), ".jpg", {cv::IMWRITE_JPEG_QUALITY, 95});
  const ReadImageOptions lenient{.lenient = true};
  CHECK(ReadBytes(whole, lenient) == ReadBytes(whole));
  Bytes torn = whole;
  torn.resize(torn.size() * 9 / 10);
  const Image image = ReadBytes(torn, lenient);
  REQUIRE(image.width == 256);
  REQUIRE(image.height == 256);
  const Image expected = ReadBytes(whole);
  CHECK(std::equal(image.Row(0), image.Row(16), expected.Row(0)));
  CHECK_FALSE(image == expected);
  REQUIRE_THROWS_WITH(ReadBytes(Bytes(whole.begin(), whole.begin() + 20), lenient),
                      Contains("corrupt JPEG"));
  REQUIRE_THROWS(ReadBytes(torn, {.max_pixels = 65535, .lenient = true}));
}

TEST_CASE("a PNG with a flipped bit in its pixels is refused by its checksum") {
  Bytes png = Encode(Gradient(64, 64), ".png");
  png[png.size() / 2] ^= 1;
  REQUIRE_THROWS_WITH(ReadBytes(png), Contains("corrupt PNG: the checksum"));
}

// A PNG chunk with its checksum: CRC-32, bit by bit.
Bytes PngChunk(const std::string& type, const Bytes& content, std::uint32_t spoil = 0) {
  Bytes checked(type.begin(), type.end());
  std::copy(content.begin(), content.end(), std::back_inserter(checked));
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::uint8_t byte : checked) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0);
  }
  crc = ~crc ^ spoil;
  Bytes chunk;
  const auto put = [&](std::uint32_t value) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
      chunk.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  };
  put(static_cast<std::uint32_t>(content.size()));
  std::copy(checked.begin(), checked.end(), std::back_inserter(chunk));
  put(crc);
  return chunk;
}

// The PNG with a chunk behind its header, which ends at byte 33.
Bytes WithChunk(Bytes png, const Bytes& chunk) {
  png.insert(png.begin() + 33, chunk.begin(), chunk.end());
  return png;
}

TEST_CASE("a PNG whose comment is damaged is read, with a warning that names it") {
  const Image image = Gradient(20, 10);
  const Bytes png = Encode(image, ".png");
  std::vector<std::string> warnings;
  const ReadImageOptions options{
      .warn = [&](const std::string& message) { warnings.push_back(message); }};
  CHECK(ReadBytes(WithChunk(png, PngChunk("tEXt", {'a', 0, 'b'})), options) == image);
  CHECK(warnings.empty());
  CHECK(ReadBytes(WithChunk(png, PngChunk("tEXt", {'a', 0, 'b'}, 1)), options) == image);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("picture: ") && Contains("CRC"));
  warnings.clear();
  CHECK(ReadBytes(WithChunk(png, PngChunk("iCCP", {'x'})), options) == image);
  CHECK(warnings.empty());  // a profile that is none costs nothing and says nothing
}

TEST_CASE("a PNG without its end, or with fewer rows than it says, is for lenient readers") {
  Image image = Gradient(20, 10);
  for (std::size_t i = 0; i < image.bgr.size(); ++i) {
    image.bgr[i] = static_cast<std::uint8_t>(image.bgr[i] ^ (i * 37));
  }
  const Bytes png = Encode(image, ".png");
  const Bytes endless(png.begin(), png.end() - 12);
  const ReadImageOptions lenient{.lenient = true};
  CHECK_THROWS_AS(ReadBytes(endless), Error);
  CHECK(ReadBytes(endless, lenient) == image);
  const Bytes torn(png.begin(), png.begin() + static_cast<std::ptrdiff_t>(png.size() * 3 / 4));
  CHECK_THROWS_AS(ReadBytes(torn), Error);
  const Image part = ReadBytes(torn, lenient);
  CHECK(std::equal(part.Row(0), part.Row(2), image.Row(0)));
  CHECK_FALSE(part == image);
}

TEST_CASE("a JPEG of Samsung's phones, whose scan ends at a meaningless number, is whole") {
  const Bytes jpeg = Encode(Gradient(40, 24), ".jpg");
  const Bytes start_of_scan = {0xFF, 0xDA};
  Bytes samsung = jpeg;
  const auto scan =
      std::search(samsung.begin(), samsung.end(), start_of_scan.begin(), start_of_scan.end());
  REQUIRE(scan != samsung.end());
  // Behind marker, length, count of components and two bytes for each of three: the spectral
  // selection's begin and end.
  *(scan + 5 + 6 + 1) = 0;
  std::vector<std::string> warnings;
  const ReadImageOptions options{
      .warn = [&](const std::string& message) { warnings.push_back(message); }};
  CHECK(ReadBytes(samsung, options) == ReadBytes(jpeg));
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("picture: Invalid SOS parameters"));
}

// EXIF data alone: orientation 6 in big-endian TIFF.
const Bytes kExif6 = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0,
                      3,   0,   0, 0,  1, 0, 6, 0, 0, 0, 0,    0,    0};

// A WebP with an extended header before its frames: flags of it, and chunks behind them.
Bytes ExtendedWebp(
    const Bytes& plain, std::uint8_t flags, int width, int height, const Bytes& more) {
  const auto low = [](int value, unsigned shift) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(value) >> shift);
  };
  Bytes file = {'R',
                'I',
                'F',
                'F',
                0,
                0,
                0,
                0,
                'W',
                'E',
                'B',
                'P',
                'V',
                'P',
                '8',
                'X',
                10,
                0,
                0,
                0,
                flags,
                0,
                0,
                0,
                low(width - 1, 0),
                low(width - 1, 8),
                0,
                low(height - 1, 0),
                low(height - 1, 8),
                0};
  std::copy(plain.begin() + 12, plain.end(), std::back_inserter(file));
  std::copy(more.begin(), more.end(), std::back_inserter(file));
  for (unsigned i = 0; i < 4; ++i)
    file[4 + i] = static_cast<std::uint8_t>((file.size() - 8) >> (8 * i));
  return file;
}

TEST_CASE("PNG and WebP are turned by their EXIF orientation as JPEG is") {
  const Image image = Gradient(24, 16);
  Image turned = MakeImage(16, 24, 0, 0, 0);
  for (int y = 0; y < 24; ++y) {
    for (int x = 0; x < 16; ++x) {
      std::copy_n(image.Row(15 - x) + 3 * y, 3, turned.Row(y) + 3 * x);  // clockwise
    }
  }
  CHECK(ReadBytes(WithChunk(Encode(image, ".png"), PngChunk("eXIf", kExif6))) == turned);
  Bytes exif = {'E', 'X', 'I', 'F', static_cast<std::uint8_t>(kExif6.size()), 0, 0, 0};
  std::copy(kExif6.begin(), kExif6.end(), std::back_inserter(exif));
  CHECK(ReadBytes(ExtendedWebp(Encode(image, ".webp", kLosslessWebp), 8, 24, 16, exif)) == turned);
}

TEST_CASE("of an animated WebP the first frame is read") {
  const Image image = Gradient(24, 16);
  const Bytes plain = Encode(image, ".webp", kLosslessWebp);
  Bytes frame(plain.begin() + 12, plain.end());
  const auto length = static_cast<std::uint32_t>(frame.size() + 16);
  Bytes chunks = {'A', 'N', 'I', 'M', 6, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (int i = 0; i < 2; ++i) {
    for (const char c : {'A', 'N', 'M', 'F'}) chunks.push_back(static_cast<std::uint8_t>(c));
    for (unsigned shift : {0U, 8U, 16U, 24U})
      chunks.push_back(static_cast<std::uint8_t>(length >> shift));
    // x, y, width - 1, height - 1, duration in 3 bytes each, flags
    const Bytes head = {0, 0, 0, 0, 0, 0, 23, 0, 0, 15, 0, 0, 100, 0, 0, 0};
    std::copy(head.begin(), head.end(), std::back_inserter(chunks));
    std::copy(frame.begin(), frame.end(), std::back_inserter(chunks));
  }
  Bytes empty(12, 0);
  CHECK(ReadBytes(ExtendedWebp(empty, 2, 24, 16, chunks)) == image);
}

// A GIF of 4 x 2 pixels on a canvas of 4 x 3, two colours. The frame's codes are by hand: clear,
// 0 1 0 1, clear, 1 1 0 0, end, in 3 bits each from the lowest.
Bytes SmallGif(bool interlaced) {
  Bytes gif = {
      'G',  'I', 'F', '8', '9', 'a', 4, 0, 3, 0,
      0x80, 0,   0,   200, 0,   0,  // colour 0: red
      0,    0,   100,               // colour 1: blue
      0x2C, 0,   0,   0,   0,   4,   0, 2, 0, static_cast<std::uint8_t>(interlaced ? 0x40 : 0),
      2};
  const std::vector<unsigned> codes = {4, 0, 1, 4, 0, 1, 4, 1, 1, 4, 0, 0, 5};
  Bytes data;
  unsigned bits = 0;
  unsigned held = 0;
  for (const unsigned code : codes) {
    held |= code << bits;
    for (bits += 3; bits >= 8; bits -= 8, held >>= 8U)
      data.push_back(static_cast<std::uint8_t>(held));
  }
  if (bits > 0) data.push_back(static_cast<std::uint8_t>(held));
  gif.push_back(static_cast<std::uint8_t>(data.size()));
  std::copy(data.begin(), data.end(), std::back_inserter(gif));
  gif.insert(gif.end(), {0, 0x3B});
  return gif;
}

TEST_CASE("the first frame of a GIF stands on its canvas in the palette's colours") {
  for (const bool interlaced : {false, true}) {
    const Image image = ReadBytes(SmallGif(interlaced));
    REQUIRE(image.width == 4);
    REQUIRE(image.height == 3);
    const auto red_at = [&](int x, int y) { return image.Row(y)[3 * x + 2]; };
    CHECK(red_at(0, 0) == 200);
    CHECK(red_at(1, 0) == 0);
    CHECK(image.Row(0)[3] == 100);
    CHECK(red_at(0, 1) == 0);
    CHECK(red_at(3, 1) == 200);
    CHECK(red_at(0, 2) == 200);  // the background is colour 0
  }
  const Bytes whole = SmallGif(false);
  for (std::size_t size = 6; size + 3 < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_THROWS_AS(
        ReadBytes(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), Error);
  }
}

TEST_CASE("what is no picture is named as what it is") {
  const auto text = [](const std::string& content) {
    return Bytes(content.begin(), content.end());
  };
  CHECK_THROWS_WITH(ReadBytes({}), Contains("found an empty file"));
  CHECK_THROWS_WITH(ReadBytes(text("%PDF-1.4")), Contains("found a PDF document"));
  CHECK_THROWS_WITH(ReadBytes(text(std::string("\0\0\0\x1c"
                                               "ftypisom",
                                               12))),
                    Contains("found a video (MP4)"));
  CHECK_THROWS_WITH(ReadBytes(text(std::string("\0\0\0\x18"
                                               "ftypheic",
                                               12))),
                    Contains("HEIC"));
}

TEST_CASE("the size is read without decoding, upright, and a file that is cut is told") {
  const TemporaryDirectory directory;
  const auto size_of = [&](const Bytes& file) {
    std::ofstream(directory / "picture", std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()),
               static_cast<std::streamsize>(file.size()));
    return ReadPictureSize(directory / "picture");
  };
  const Image image = Gradient(48, 32);
  for (const char* ending : {".jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm", ".jp2"}) {
    CAPTURE(ending);
    CHECK(size_of(Encode(image, ending)) ==
          PictureSize{.width = 48, .height = 32, .stored_width = 48, .stored_height = 32});
  }
  const Bytes jpeg = WithExif(Encode(image, ".jpg"), 6, true);
  CHECK(size_of(jpeg) ==
        PictureSize{
            .width = 32, .height = 48, .stored_width = 48, .stored_height = 32, .orientation = 6});
  // The comment is longer than what is first read of a file.
  Bytes padded = jpeg;
  for (int i = 0; i < 2; ++i) {
    Bytes comment = {0xFF, 0xFE, 0xFF, 0xFF};
    comment.resize(2 + 0xFFFF, 'x');
    padded.insert(padded.begin() + 2, comment.begin(), comment.end());
  }
  CHECK(size_of(padded).width == 32);
  CHECK_THROWS_WITH(size_of(Bytes(jpeg.begin(), jpeg.end() - 30)), Contains("Premature end"));
  Bytes trailed = jpeg;
  trailed.resize(trailed.size() + 200'000, 'x');
  CHECK(size_of(trailed).width == 32);
}

// The file with the bytes at `at` replaced.
Bytes Patched(Bytes file, std::size_t at, const Bytes& bytes) {
  for (const std::uint8_t byte : bytes) file.at(at++) = byte;
  return file;
}

TEST_CASE("a PNG whose pixels end early is refused though its chunks are sound") {
  // 16 x 32 pixels with the checksum that belongs to it (zlib.crc32 in Python), and pixels for 16
  // rows.
  const Bytes png = Patched(Encode(Gradient(16, 16), ".png"), 20, {0, 0, 0, 32});
  REQUIRE_THROWS_WITH(ReadBytes(Patched(png, 29, {0x94, 0xEB, 0x6F, 0x9B})),
                      Contains("corrupt PNG"));
}

TEST_CASE("a header that claims too many pixels is refused before memory is taken") {
  const Image image = Gradient(16, 16);  // patched to claim 40,000 x 40,000 pixels, 4.8 GB
  // The checksum of the header chunk by zlib.crc32 in Python.
  Bytes png = Patched(Encode(image, ".png"), 16, {0, 0, 0x9C, 0x40, 0, 0, 0x9C, 0x40});
  png = Patched(png, 29, {0xDE, 0x6E, 0x99, 0x52});
  Bytes jpeg = Encode(image, ".jpg");
  const Bytes start_of_frame = {0xFF, 0xC0};
  const auto frame =
      std::search(jpeg.begin(), jpeg.end(), start_of_frame.begin(), start_of_frame.end());
  jpeg =
      Patched(jpeg, static_cast<std::size_t>(frame - jpeg.begin()) + 5, {0x9C, 0x40, 0x9C, 0x40});
  for (const Bytes& file : {png, jpeg}) {
    REQUIRE_THROWS_WITH(ReadBytes(file), Contains("40000 x 40000 pixels, at most 100000000"));
  }
  // BMP and PNM state how many bytes they need, and have fewer.
  const Bytes bmp = Patched(Encode(image, ".bmp"), 18, {0x40, 0x9C, 0, 0, 0x40, 0x9C, 0, 0});
  REQUIRE_THROWS_WITH(ReadBytes(bmp), Contains("is truncated"));
  const std::string pnm = "P6 40000 40000 255\n";
  REQUIRE_THROWS_WITH(ReadBytes(Bytes(pnm.begin(), pnm.end())), Contains("is truncated"));
  const std::string ascii = "P3 40000 40000 255\n 1 2 3";
  REQUIRE_THROWS_WITH(ReadBytes(Bytes(ascii.begin(), ascii.end())),
                      Contains("40000 x 40000 pixels"));
}

TEST_CASE("the limit on pixels is the area, and exact, in every format") {
  const Image image = Gradient(64, 40);
  for (const char* extension : {".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm", ".jp2"}) {
    CAPTURE(extension);
    const Bytes file = Encode(image, extension);
    REQUIRE(ReadBytes(file, {.max_pixels = 2560}).width == 64);
    REQUIRE_THROWS_WITH(ReadBytes(file, {.max_pixels = 2559}),
                        Contains("64 x 40 pixels, at most 2559"));
  }
}

TEST_CASE("what is not a picture is refused by its content") {
  const auto text = [](const std::string& content) {
    return Bytes(content.begin(), content.end());
  };
  for (const Bytes& file : {Bytes{},
                            text("hello, world"),
                            text("BM"),
                            text("P6"),
                            text("RIFF....WAVE"),
                            text("%PDF-1.4"),
                            Bytes(100, 0),
                            text("\x89PNG\r\n\x1a\n"),
                            Bytes{0xFF, 0xD8, 0xFF},
                            text("P6 -3 4 255\n"),
                            text(std::string("II*\0", 4))}) {
    REQUIRE_THROWS_AS(ReadBytes(file), Error);
  }
  REQUIRE_THROWS_WITH(ReadBytes(text("hello, world")), Contains("not a picture of a known format"));
}

TEST_CASE("a FIFO, a directory and a missing file are refused at once") {
  const TemporaryDirectory directory;
  REQUIRE(mkfifo((directory / "pipe.jpg").c_str(), 0600) == 0);
  REQUIRE_THROWS_WITH(ReadImage(directory / "pipe.jpg"), Contains("not a regular file"));
  REQUIRE_THROWS_WITH(ReadImage(directory.path()), Contains("is a directory"));
  REQUIRE_THROWS_WITH(ReadImage(directory / "absent.jpg"), Contains("No such file"));
}

TEST_CASE("random damage to a picture is an error or a picture of the same limit, never a crash") {
  Random random(9);
  for (const char* extension : {".jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm", ".jp2"}) {
    const Bytes whole = Encode(Gradient(48, 40), extension);
    for (int i = 0; i < 40; ++i) {
      Bytes damaged = whole;
      for (int k = 0; k < 2; ++k) {
        // Damage hurts most in headers.
        const std::size_t range =
            i % 2 == 0 ? std::min<std::size_t>(64, damaged.size()) : damaged.size();
        damaged[random.Below(range)] = static_cast<std::uint8_t>(random.Below(256));
      }
      CAPTURE(extension, i);
      try {
        const Image image = ReadBytes(damaged, {.max_pixels = 10'000});
        REQUIRE(std::int64_t{image.width} * image.height <= 10'000);
      } catch (const Error&) {
        SUCCEED("refused");
      }
    }
  }
}

}  // namespace
}  // namespace deeper
