#include "eval/inspection/picture_print.h"

#include <algorithm>

#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "core/random.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

// A picture of 30 rectangles in colours at random.
Image Rectangles(std::uint64_t seed, int width = 320, int height = 240) {
  Random random(seed);
  Image image = MakeImage(width, height, 128, 128, 128);
  for (int i = 0; i < 30; ++i) {
    const auto below = [&](int most) {
      return static_cast<int>(random.Below(static_cast<std::uint64_t>(most)));
    };
    const int x0 = below(width - 40);
    const int y0 = below(height - 40);
    const int x1 = x0 + 20 + below(std::min(100, width - x0 - 20));
    const int y1 = y0 + 20 + below(std::min(100, height - y0 - 20));
    const int colour[3] = {below(256), below(256), below(256)};
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        for (int c = 0; c < 3; ++c) image.Row(y)[3 * x + c] = static_cast<std::uint8_t>(colour[c]);
      }
    }
  }
  return image;
}

// The print of a picture as a file has it.
PicturePrint PrintOfJpeg(const Image& image, int quality) {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "p.jpg", EncodeJpeg(image, quality));
  const ScaledImage read = ReadScaledImage(directory / "p.jpg", kPrintSidePx);
  return PrintOf(read.image, read.full_width, read.full_height);
}

}  // namespace

TEST_CASE("a picture that is encoded anew or scaled is the same, however coarsely") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Image image = Rectangles(seed);
    const PicturePrint print = PrintOfJpeg(image, 95);
    for (const int quality : {80, 50, 25}) {
      CAPTURE(seed, quality);
      CHECK(AreOfOnePicture(print, PrintOfJpeg(image, quality)));
    }
    for (const double scale : {0.3, 0.5, 0.71, 1.6, 3.0}) {
      CAPTURE(seed, scale);
      const Image scaled = ResizeImage(
          image, static_cast<int>(image.width * scale), static_cast<int>(image.height * scale));
      CHECK(AreOfOnePicture(print, PrintOfJpeg(scaled, 85)));
    }
  }
}

TEST_CASE("other pictures, parts and other shapes are not the same") {
  const PicturePrint print = PrintOfJpeg(Rectangles(1), 95);
  for (std::uint64_t seed = 2; seed <= 40; ++seed) {
    CHECK_FALSE(AreOfOnePicture(print, PrintOfJpeg(Rectangles(seed), 95)));
  }
  CHECK_FALSE(AreOfOnePicture(print, PrintOfJpeg(MirrorImage(Rectangles(1)), 95)));
  CHECK_FALSE(AreOfOnePicture(print, PrintOfJpeg(ResizeImage(Rectangles(1), 320, 200), 95)));
}

TEST_CASE("an object that moves on plain ground makes another picture") {
  const auto with_object = [](int left) {
    Image image = MakeImage(400, 400, 250, 250, 250);
    for (int y = 180; y < 220; ++y) {
      for (int x = left; x < left + 40; ++x) {
        for (int c = 0; c < 3; ++c) image.Row(y)[3 * x + c] = 30;
      }
    }
    return image;
  };
  CHECK_FALSE(
      AreOfOnePicture(PrintOf(with_object(100), 400, 400), PrintOf(with_object(200), 400, 400)));
  CHECK(AreOfOnePicture(PrintOf(with_object(100), 400, 400), PrintOf(with_object(101), 400, 400)));
}

TEST_CASE("two birds in one blue sky are two pictures, and each stays one when encoded anew") {
  const auto sky = [](int left, int top) {
    Image image = MakeImage(500, 375, 0, 0, 0);
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width; ++x) {
        const bool is_bird = x >= left && x < left + 72 && y >= top && y < top + 24;
        const auto light = static_cast<std::uint8_t>(110 + y / 12 - (is_bird ? 30 : 0));
        std::uint8_t* pixel = image.Row(y) + 3 * x;
        pixel[0] = static_cast<std::uint8_t>(light + 60);
        pixel[1] = pixel[2] = light;
      }
    }
    return image;
  };
  const PicturePrint print = PrintOfJpeg(sky(100, 100), 95);
  CHECK_FALSE(AreOfOnePicture(print, PrintOfJpeg(sky(300, 220), 95)));
  CHECK(AreOfOnePicture(print, PrintOfJpeg(sky(100, 100), 50)));
  CHECK(AreOfOnePicture(print, PrintOfJpeg(ResizeImage(sky(100, 100), 250, 187), 80)));
}

TEST_CASE("prints of the picture of a first one are its group, and no others join them") {
  const PicturePrint a = PrintOfJpeg(Rectangles(1), 95);
  const PicturePrint b = PrintOfJpeg(Rectangles(2), 95);
  PicturePrint a2 = a;
  PicturePrint a3 = a;
  for (std::size_t i = 0; i < a.gray.size(); ++i) {
    a2.gray[i] = static_cast<std::uint8_t>(std::min(255, a.gray[i] + 3));
    a3.gray[i] = static_cast<std::uint8_t>(std::min(255, a.gray[i] + 6));
  }
  REQUIRE_FALSE(AreOfOnePicture(a, a3));
  CHECK(GroupSamePrints({b, a3, a, b, a2}) == std::vector<std::size_t>{0, 1, 2, 0, 1});
  CHECK(GroupSamePrints({}).empty());
  CHECK(GroupSamePrints(std::vector<PicturePrint>(3000, a)) == std::vector<std::size_t>(3000, 0));
}
