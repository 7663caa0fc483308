#include "core/image.h"

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("a mirrored picture has its columns in the other order") {
  Image image = MakeImage(2, 1, 1, 2, 3);
  image.bgr = {1, 2, 3, 4, 5, 6};
  REQUIRE(MirrorImage(image).bgr == std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3});
}

TEST_CASE("a pixel of a shrunken picture is the mean of those that it covers") {
  Image image = MakeImage(4, 2, 0, 0, 0);
  image.bgr = {10, 0, 0, 20, 0, 0, 1, 2, 3, 1, 2, 3, 30, 0, 0, 40, 0, 0, 1, 2, 3, 1, 2, 3};
  const Image shrunken = ShrinkImage(image, 2, 1);
  REQUIRE(shrunken.width == 2);
  REQUIRE(shrunken.height == 1);
  REQUIRE(shrunken.bgr == std::vector<std::uint8_t>{25, 0, 0, 1, 2, 3});
  REQUIRE(ShrinkImage(image, 4, 2) == image);
}

TEST_CASE("a picture is not shrunk to more pixels, or to none") {
  const Image image = MakeImage(4, 2, 0, 0, 0);
  REQUIRE_THROWS_AS(ShrinkImage(image, 5, 2), ContractViolation);
  REQUIRE_THROWS_AS(ShrinkImage(image, 4, 0), ContractViolation);
}

}  // namespace
}  // namespace deeper
