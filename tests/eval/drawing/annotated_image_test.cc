#include "eval/drawing/annotated_image.h"

#include <string>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

// A JPEG file of 40 x 20 stored pixels that its EXIF orientation, 6, turns upright to 20 x 40.
std::vector<std::uint8_t> TurnedJpeg() {
  std::vector<std::uint8_t> jpeg = EncodeJpeg(MakeImage(40, 20, 10, 120, 200));
  const std::string segment(
      "\xFF\xE1\x00\x22"
      "Exif\x00\x00"
      "MM\x00\x2A\x00\x00\x00\x08"
      "\x00\x01"
      "\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
      "\x00\x00\x00\x00",
      36);
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

struct Turned {
  test::TemporaryDirectory directory;
  AnnotatedImage annotated{.id = "turned", .image_path = directory / "turned.jpg"};

  Turned(int width, int height) {
    WriteFileWhole(annotated.image_path, TurnedJpeg());
    annotated.width = width;
    annotated.height = height;
  }
};

}  // namespace

TEST_CASE(
    "a picture annotated upright, or without a size, is turned as its EXIF orientation says") {
  for (const auto& [width, height] : {std::pair(20, 40), {0, 0}}) {
    CAPTURE(width, height);
    const Image image = ReadAnnotatedImage(Turned(width, height).annotated);
    CHECK(image.width == 20);
    CHECK(image.height == 40);
  }
}

TEST_CASE("a picture annotated as its pixels are stored is not turned") {
  const Image image = ReadAnnotatedImage(Turned(40, 20).annotated);
  CHECK(image.width == 40);
  CHECK(image.height == 20);
}

TEST_CASE("a picture of another size than annotated is refused with both") {
  CHECK_THROWS_WITH(ReadAnnotatedImage(Turned(80, 40).annotated),
                    Catch::Contains("80 x 40") && Catch::Contains("20 x 40"));
}
