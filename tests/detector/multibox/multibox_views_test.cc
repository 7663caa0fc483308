#include "detector/multibox/multibox_views.h"

#include <algorithm>

#include "core/error.h"
#include "detector/multibox/multibox.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

ScoredUnitBox At(double x0, double y0, double x1, double y1, double confidence) {
  return {.box = {x0, y0, x1, y1}, .confidence = confidence};
}

TEST_CASE("a picture is looked at whole, or with 14 parts that cover it twice") {
  CHECK(PartsOf(MultiBoxViews::kWhole, 500, 400) ==
        std::vector<Box>{{.x0 = 0, .y0 = 0, .x1 = 500, .y1 = 400}});
  const std::vector<Box> parts = PartsOf(MultiBoxViews::kParts, 500, 400);
  REQUIRE(parts.size() == 15);
  CHECK(parts[0] == Box{.x0 = 0, .y0 = 0, .x1 = 500, .y1 = 400});
  CHECK(parts[4] == Box{.x0 = 200, .y0 = 160, .x1 = 500, .y1 = 400});
  CHECK(parts[5] == Box{.x0 = 100, .y0 = 80, .x1 = 400, .y1 = 320});
  CHECK(parts[10] == Box{.x0 = 150, .y0 = 120, .x1 = 350, .y1 = 280});
  for (int y = 5; y < 400; y += 10) {
    for (int x = 5; x < 500; x += 10) {
      const Box point = {.x0 = static_cast<float>(x),
                         .y0 = static_cast<float>(y),
                         .x1 = static_cast<float>(x + 1),
                         .y1 = static_cast<float>(y + 1)};
      const auto shows = [&](const Box& part) { return IntersectionArea(part, point) > 0; };
      CHECK(std::count_if(parts.begin() + 1, parts.end(), shows) >= 2);
    }
  }
}

TEST_CASE("parts of the smallest pictures have pixels and lie inside") {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 3}, {1, 500}, {7, 2}}) {
    CAPTURE(width, height);
    for (const Box& part : PartsOf(MultiBoxViews::kParts, width, height)) {
      CHECK(!part.IsEmpty());
      CHECK(ClipToImage(part, width, height) == part);
    }
  }
}

TEST_CASE("boxes of a part are boxes of the picture, but for those that its inner edges cut") {
  const Box right_half = {.x0 = 50, .y0 = 0, .x1 = 100, .y1 = 200};
  const std::vector<ScoredUnitBox> found = {
      At(0.2, 0.1, 0.6, 0.5, 0.9),
      At(0.01, 0.1, 0.6, 0.5, 0.8),   // goes on to the left
      At(0.5, -0.1, 1.2, 1.0, 0.7)};  // the picture ends there
  const std::vector<ScoredUnitBox> boxes = BoxesOfPicture(found, right_half, 100, 200);
  REQUIRE(boxes.size() == 2);
  CHECK(boxes[0].confidence == 0.9);
  const UnitBox expected = {0.6, 0.1, 0.8, 0.5};
  for (std::size_t i = 0; i < 4; ++i) CHECK(boxes[0].box[i] == Approx(expected[i]));
  CHECK(boxes[1].confidence == 0.7);

  const Box whole = {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 200};
  CHECK(BoxesOfPicture(found, whole, 100, 200) == found);
  const Box middle = {.x0 = 20, .y0 = 40, .x1 = 80, .y1 = 160};
  CHECK(BoxesOfPicture({At(0.1, 0.1, 0.99, 0.5, 1)}, middle, 100, 200).empty());
  CHECK(BoxesOfPicture({At(0.1, 0.1, 0.5, 0.99, 1)}, middle, 100, 200).empty());
  CHECK(BoxesOfPicture({At(0.1, 0.01, 0.5, 0.5, 1)}, middle, 100, 200).empty());
}

TEST_CASE("of boxes that repeat one another the most confident stay, as many as asked for") {
  const std::vector<ScoredUnitBox> boxes = {At(0, 0, 0.5, 0.5, 0.3),
                                            At(0, 0, 0.5, 0.45, 0.9),   // 0.9 of the first
                                            At(0, 0, 0.5, 0.3, 0.5),    // 2/3 of the second
                                            At(0.6, 0.6, 0.6, 0.9, 1),  // empty
                                            At(0.5, 0.5, 1, 1, 0.1)};
  CHECK(MostConfident(boxes, 9) == std::vector<ScoredUnitBox>{boxes[1], boxes[2], boxes[4]});
  CHECK(MostConfident(boxes, 2) == std::vector<ScoredUnitBox>{boxes[1], boxes[2]});
  CHECK(MostConfident({}, 2).empty());
}

TEST_CASE("views have names") {
  for (const MultiBoxViews views : {MultiBoxViews::kWhole, MultiBoxViews::kParts})
    CHECK(MultiBoxViewsFromName(NameOf(views)) == views);
  CHECK_THROWS_WITH(MultiBoxViewsFromName("all"), Catch::Contains("expected whole or parts"));
}

}  // namespace
}  // namespace deeper
