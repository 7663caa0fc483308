#include "core/box.h"

#include <limits>

#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr Box kUnit{.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1};
constexpr Box kEmpty{.x0 = 3, .y0 = 3, .x1 = 3, .y1 = 9};
constexpr Box kTurned{.x0 = 5, .y0 = 5, .x1 = 2, .y1 = 9};

TEST_CASE("a box of one pixel has area one") {
  REQUIRE(Area(Box{.x0 = 7, .y0 = 9, .x1 = 8, .y1 = 10}) == 1.0);
}

TEST_CASE("a box without width or with turned corners is empty and has no area") {
  for (const Box& box : {kEmpty, kTurned, Box{}}) {
    REQUIRE(box.IsEmpty());
    REQUIRE(Area(box) == 0);
    REQUIRE(Iou(box, box) == 0);
    REQUIRE(IntersectionArea(box, Box{.x0 = 0, .y0 = 0, .x1 = 20, .y1 = 20}) == 0);
  }
}

TEST_CASE("a box with a corner that is no number is empty") {
  REQUIRE(Box{.x0 = 0, .y0 = 0, .x1 = std::numeric_limits<float>::quiet_NaN(), .y1 = 1}.IsEmpty());
}

TEST_CASE("IoU of a box with itself is one") { REQUIRE(Iou(kUnit, kUnit) == 1.0); }

TEST_CASE("IoU of boxes that only touch is zero") {
  REQUIRE(Iou(kUnit, Box{.x0 = 1, .y0 = 0, .x1 = 2, .y1 = 1}) == 0);
  REQUIRE(Iou(kUnit, Box{.x0 = 0, .y0 = 1, .x1 = 1, .y1 = 2}) == 0);
}

TEST_CASE("IoU is the shared area over the covered area, in both orders") {
  const Box a{.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 10};
  const Box b{.x0 = 5, .y0 = 2, .x1 = 15, .y1 = 12};
  REQUIRE(IntersectionArea(a, b) == 40.0);
  REQUIRE(Iou(a, b) == 40.0 / 160.0);
  REQUIRE(Iou(b, a) == Iou(a, b));
}

TEST_CASE("areas of large pictures are exact where f32 would round") {
  const Box box{.x0 = 0, .y0 = 0, .x1 = 20001, .y1 = 20001};
  REQUIRE(Area(box) == 400040001.0);
  REQUIRE(Area(box) != double{20001.0F * 20001.0F});
}

TEST_CASE("clipping keeps what is inside and empties what is outside") {
  REQUIRE(ClipToImage(Box{.x0 = -5, .y0 = 3, .x1 = 200, .y1 = 40}, 100, 30) ==
          Box{.x0 = 0, .y0 = 3, .x1 = 100, .y1 = 30});
  REQUIRE(ClipToImage(kUnit, 100, 30) == kUnit);
  REQUIRE(ClipToImage(Box{.x0 = 120, .y0 = 3, .x1 = 200, .y1 = 10}, 100, 30).IsEmpty());
}

}  // namespace
}  // namespace deeper
