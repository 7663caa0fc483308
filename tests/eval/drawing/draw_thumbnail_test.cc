#include "eval/drawing/draw_thumbnail.h"

#include "tests/support/catch.h"

using namespace deeper;

TEST_CASE("a thumbnail keeps its part's shape and is never enlarged") {
  const Image image = MakeImage(200, 100, 1, 2, 3);
  const Thumbnail part = MakeThumbnail(image, {.x0 = 10.5, .y0 = -20, .x1 = 90.2F, .y1 = 50}, 40);
  CHECK(part.part_in_image == Box{.x0 = 10, .y0 = 0, .x1 = 91, .y1 = 50});
  CHECK(part.image.width == 40);
  CHECK(part.image.height == 25);
  CHECK(part.scale == Approx(40.0 / 81));
  CHECK(MakeThumbnail(image, {.x0 = 0, .y0 = 0, .x1 = 200, .y1 = 100}, 1000).image == image);
  CHECK(MakeThumbnail(image, {.x0 = 300, .y0 = 0, .x1 = 400, .y1 = 100}, 40).image.IsEmpty());
}
