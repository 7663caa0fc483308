#include "detector/regions/picture_frame.h"

#include <vector>

#include "backbone/kernels/layout.h"
#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr std::array<float, 3> kMean = {104, 117, 123};

TEST_CASE("a picture is scaled to the short side, in a frame of whole steps") {
  const PictureScale scale = {.short_side_px = 576, .long_side_px = 960};
  const PictureFrame wide = FrameOf(500, 375, scale);
  CHECK(wide == PictureFrame{.size = {.height = 576, .width = 768}, .width = 768, .height = 576});
  const PictureFrame high = FrameOf(333, 500, scale);
  CHECK(high.width == 576);
  CHECK(high.height == 865);
  CHECK(high.size == MapSize{.height = 896, .width = 576});
}

TEST_CASE("the long side bounds the scale, and the smallest picture fills the smallest frame") {
  const PictureScale scale = {.short_side_px = 576, .long_side_px = 960};
  const PictureFrame panorama = FrameOf(4000, 500, scale);
  CHECK(panorama.width == 960);
  CHECK(panorama.height == 120);
  CHECK(panorama.size == MapSize{.height = 128, .width = 960});
  const PictureFrame line = FrameOf(100'000, 1, scale);
  CHECK(line.height == 1);
  CHECK(line.size == MapSize{.height = kSmallestTrunkSide, .width = 960});
}

TEST_CASE("frames of a shape have whole steps on both sides") {
  CHECK(FrameOfShape(480, false) == MapSize{.height = 480, .width = 640});
  CHECK(FrameOfShape(704, true) == MapSize{.height = 960, .width = 704});
  CHECK_THROWS_AS(FrameOfShape(100, false), ContractViolation);
}

TEST_CASE("a picture is fitted into a given frame") {
  const PictureFrame frame = FitInto({.height = 480, .width = 640}, 500, 333);
  CHECK(frame.width == 640);
  CHECK(frame.height == 426);
  CHECK(FitInto({.height = 480, .width = 640}, 375, 500).height == 480);
}

TEST_CASE("a box of the picture lies in the frame where the picture does, and comes back") {
  const PictureFrame frame = FitInto({.height = 480, .width = 640}, 320, 160);
  const Box box = {.x0 = 10, .y0 = 20, .x1 = 100, .y1 = 160};
  const Box in_frame = ToFrame(box, 320, 160, frame);
  CHECK(in_frame == Box{.x0 = 20, .y0 = 40, .x1 = 200, .y1 = 320});
  CHECK(FromFrame(in_frame, 320, 160, frame) == box);
}

// A picture whose pixels all differ.
Image NumberedImage(int width, int height) {
  Image image = MakeImage(width, height, 0, 0, 0);
  for (std::size_t i = 0; i < image.bgr.size(); ++i)
    image.bgr[i] = static_cast<std::uint8_t>(i * 7 % 251);
  return image;
}

TEST_CASE("the frame holds the picture's own pixels at its own size, and the mean beside it") {
  const Image image = NumberedImage(5, 3);
  const PictureFrame frame = {.size = {.height = 32, .width = 32}, .width = 5, .height = 3};
  Tensor planes;
  PutIntoFrame(image, frame, kMean, planes);
  REQUIRE(planes.shape == Shape{1, 3, 32, 32});
  std::vector<std::uint8_t> bytes(32 * 32 * 3, 99);
  PutIntoFrame(image,
               frame,
               kMean,
               {.first = reinterpret_cast<std::byte*>(bytes.data()),
                .row_bytes = 32 * 3,
                .element = kernels::ElementType::kU8});
  for (std::size_t y = 0; y < 32; ++y) {
    for (std::size_t x = 0; x < 32; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        CAPTURE(x, y, c);
        const bool inside = x < 5 && y < 3;
        const float value = planes.data[(c * 32 + y) * 32 + x];
        const std::uint8_t byte = bytes[(y * 32 + x) * 3 + c];
        const std::uint8_t pixel = inside ? image.bgr[(y * 5 + x) * 3 + c] : 0;
        REQUIRE(value == (inside ? static_cast<float>(pixel) - kMean[c] : 0));
        REQUIRE(static_cast<float>(byte) == (inside ? static_cast<float>(pixel) : kMean[c]));
      }
    }
  }
}

TEST_CASE("a window is the box with a crop's context, at the frame's scale") {
  const PictureFrame same = {.size = {.height = 224, .width = 224}, .width = 224, .height = 224};
  const kernels::RegionWindow inner =
      WindowOf({.x0 = 16, .y0 = 16, .x1 = 208, .y1 = 208}, 224, 224, same);
  CHECK(inner.x0 == Approx(0).margin(1e-9));
  CHECK(inner.y1 == Approx(224));
  const PictureFrame twice = {.size = {.height = 224, .width = 448}, .width = 400, .height = 200};
  const kernels::RegionWindow window =
      WindowOf({.x0 = 50, .y0 = 20, .x1 = 110, .y1 = 80}, 200, 100, twice);
  CHECK(window.x0 == Approx(160 - 70));
  CHECK(window.x1 == Approx(160 + 70));
  CHECK(window.y0 == Approx(100 - 70));
  CHECK(window.y1 == Approx(100 + 70));
}

TEST_CASE("scales out of range are refused by name") {
  CHECK_THROWS_WITH((PictureScale{.short_side_px = 8}.Validate()),
                    Catch::Contains("short_side_px"));
  CHECK_THROWS_WITH((PictureScale{.short_side_px = 600, .long_side_px = 500}.Validate()),
                    Catch::Contains("long_side_px"));
}

}  // namespace
}  // namespace deeper
