#include "detector/multibox/multibox_examples.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "detector/multibox/multibox.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

const std::vector<Box> kObjects = {{.x0 = 10, .y0 = 20, .x1 = 60, .y1 = 70},
                                   {.x0 = 100, .y0 = 0, .x1 = 200, .y1 = 100},
                                   {.x0 = 150, .y0 = 80, .x1 = 170, .y1 = 90}};

TEST_CASE("a whole picture has its objects in parts of its sides, the largest first") {
  const MultiBoxExample example = WholePicture(200, 100, kObjects, 10);
  CHECK(example.part == Box{.x0 = 0, .y0 = 0, .x1 = 200, .y1 = 100});
  CHECK(example.truth ==
        std::vector<UnitBox>{{0.5, 0, 1, 1}, {0.05, 0.2, 0.3, 0.7}, {0.75, 0.8, 0.85, 0.9}});
  CHECK(WholePicture(200, 100, kObjects, 2).truth.size() == 2);
}

TEST_CASE("objects outside the picture or empty are no truth, others are clipped") {
  const std::vector<Box> objects = {{.x0 = -10, .y0 = 0, .x1 = 10, .y1 = 10},
                                    {.x0 = 60, .y0 = 0, .x1 = 70, .y1 = 10},
                                    {.x0 = 5, .y0 = 5, .x1 = 5, .y1 = 9}};
  CHECK(WholePicture(20, 20, objects, 10).truth == std::vector<UnitBox>{{0, 0, 0.5, 0.5}});
}

TEST_CASE("crops have at least the smallest side, lie in the picture on whole pixels, and vary") {
  const MultiBoxAugmentOptions options = {.whole = 0.25, .min_side = 0.4};
  int whole = 0;
  int mirrored = 0;
  float least_width = 200;
  float most_left = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const MultiBoxExample example = DrawMultiBoxExample(200, 100, kObjects, 10, options, seed);
    const Box& part = example.part;
    CHECK((part.x0 >= 0 && part.y0 >= 0 && part.x1 <= 200 && part.y1 <= 100));
    CHECK((part.Width() >= 80 && part.Height() >= 40));
    CHECK(part.x0 == static_cast<float>(static_cast<int>(part.x0)));
    whole += part == Box{.x0 = 0, .y0 = 0, .x1 = 200, .y1 = 100} ? 1 : 0;
    mirrored += example.mirrored ? 1 : 0;
    least_width = std::min(least_width, part.Width());
    most_left = std::max(most_left, part.x0);
  }
  CHECK(whole / 4000.0 == Approx(0.25).margin(0.03));
  CHECK(mirrored / 4000.0 == Approx(0.5).margin(0.03));
  CHECK(least_width < 85);
  CHECK(most_left > 100);
}

TEST_CASE("the truth of a crop, put back into the picture, is what the crop shows of the objects") {
  const MultiBoxAugmentOptions options = {.whole = 0};
  int dropped = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const MultiBoxExample example = DrawMultiBoxExample(200, 100, kObjects, 10, options, seed);
    const Box& part = example.part;
    std::vector<Box> expected;
    for (const Box& object : kObjects) {
      const Box seen = {.x0 = std::max(object.x0, part.x0),
                        .y0 = std::max(object.y0, part.y0),
                        .x1 = std::min(object.x1, part.x1),
                        .y1 = std::min(object.y1, part.y1)};
      if (Area(seen) >= Area(object) / 2) expected.push_back(seen);
    }
    dropped += static_cast<int>(kObjects.size() - expected.size());
    REQUIRE(example.truth.size() == expected.size());
    for (const UnitBox& unit : example.truth) {
      const double left = example.mirrored ? 1 - unit[2] : unit[0];
      const double right = example.mirrored ? 1 - unit[0] : unit[2];
      const auto width = static_cast<double>(part.Width());
      const auto height = static_cast<double>(part.Height());
      const Box back = {.x0 = part.x0 + static_cast<float>(left * width),
                        .y0 = part.y0 + static_cast<float>(unit[1] * height),
                        .x1 = part.x0 + static_cast<float>(right * width),
                        .y1 = part.y0 + static_cast<float>(unit[3] * height)};
      CHECK(std::any_of(expected.begin(), expected.end(), [&](const Box& box) {
        return Iou(box, back) > 0.9999;
      }));
    }
  }
  CHECK(dropped > 0);
}

TEST_CASE("an example is a function of its seed, and options out of range are refused by name") {
  const auto draw = [](std::uint64_t seed) {
    return DrawMultiBoxExample(200, 100, kObjects, 10, {}, seed);
  };
  CHECK(draw(4) == draw(4));
  CHECK(draw(4) != draw(5));
  CHECK_THROWS_WITH(MultiBoxAugmentOptions{.min_side = 0}.Validate(), Catch::Contains("min_side"));
  CHECK_THROWS_WITH(MultiBoxAugmentOptions{.whole = 1.5}.Validate(), Catch::Contains("whole"));
}

TEST_CASE("pictures of one pixel can be cropped") {
  const std::vector<Box> object = {{.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1}};
  CHECK(DrawMultiBoxExample(1, 1, object, 10, {.whole = 0}, 1).truth ==
        std::vector<UnitBox>{{0, 0, 1, 1}});
}

}  // namespace
}  // namespace deeper
