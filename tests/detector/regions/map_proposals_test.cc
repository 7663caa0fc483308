#include "detector/regions/map_proposals.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "backbone/kernels/layout.h"
#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr PictureFrame kFrame = {
    .size = {.height = 320, .width = 480}, .width = 460, .height = 310};
constexpr std::size_t kChannels = 4;
const Shape kShape = {1, kChannels, 20, 30};

TEST_CASE("anchors lie in the picture, and some anchor overlaps an object of any size and place") {
  const std::vector<Box> anchors = AnchorsOf(kFrame);
  for (const Box& anchor : anchors) {
    CHECK_FALSE(anchor.IsEmpty());
    CHECK((anchor.x0 >= 0 && anchor.y0 >= 0 && anchor.x1 <= 460 && anchor.y1 <= 310));
  }
  for (const float width : {45.0F, 90.0F, 180.0F, 320.0F}) {
    for (const float height : {45.0F, 90.0F, 180.0F, 300.0F}) {
      if (width > 3 * height || height > 3 * width) continue;
      for (const float at : {0.0F, 0.3F, 0.77F, 1.0F}) {
        const float x = at * (460 - width);
        const float y = (1 - at) * (310 - height);
        const Box object = {.x0 = x, .y0 = y, .x1 = x + width, .y1 = y + height};
        double most = 0;
        for (const Box& anchor : anchors) most = std::max(most, Iou(anchor, object));
        CAPTURE(width, height, at);
        CHECK(most >= 0.5);
      }
    }
  }
}

TEST_CASE("what is bright is proposed, where the offsets say, in the picture's pixels") {
  // Channel 0 is bright in cells 10 to 15 across and 5 to 9 down; the middle part likes it, and
  // the parts around it do not. Biases move every box to the right and make it narrower.
  Tensor tensor = MakeTensor(kShape);
  for (std::size_t y = 5; y < 10; ++y) {
    for (std::size_t x = 10; x < 16; ++x) tensor.data[y * kShape.w + x] = 1;
  }
  std::vector<std::byte> bytes(tensor.shape.Count() * sizeof(float));
  kernels::ToNhwc(tensor, {kernels::ElementType::kF32}, bytes);
  const PictureMap map = {
      .bytes = bytes, .shape = kShape, .encoding = {kernels::ElementType::kF32}};
  RegionRanker ranker = {.weights = std::vector<float>(9 * kChannels),
                         .bias = 0,
                         .offset_weights = std::vector<float>(4 * 9 * kChannels)};
  for (std::size_t part = 0; part < 9; ++part)
    ranker.weights[part * kChannels] = part == 4 ? 4.0F : -1.0F;
  const RankedMap still(ranker, map);
  // The picture is twice as wide and as high as it stands in the frame.
  const ScoredBoxes proposals = ProposeOnMap(still, kFrame, 920, 620);
  REQUIRE(proposals.boxes.size() == proposals.scores.size());
  REQUIRE(!proposals.boxes.empty());
  REQUIRE(proposals.boxes.size() <= kMostMapProposals);
  const auto best = std::ranges::max_element(proposals.scores) - proposals.scores.begin();
  const Box& box = proposals.boxes[static_cast<std::size_t>(best)];
  const float middle_x = (box.x0 + box.x1) / 2;
  const float middle_y = (box.y0 + box.y1) / 2;
  CHECK((middle_x > 2 * 166 && middle_x < 2 * 263));  // pixels 16 i + 6.5 of the cells
  CHECK((middle_y > 2 * 86 && middle_y < 2 * 167));

  ranker.offset_biases = {0.1F, 0, -0.5F, 0};
  const RankedMap moving(ranker, map);
  const Box before = {.x0 = 100, .y0 = 50, .x1 = 200, .y1 = 150};
  const Box after = MovedOnMap(moving, before, kFrame);
  CHECK(after.x1 - after.x0 == Approx(100 * std::exp(-0.5)).margin(1e-3));
  CHECK((after.x0 + after.x1) / 2 == Approx(160).margin(1e-3));
  CHECK(after.y0 == Approx(50).margin(1e-3));
  CHECK(MovedOnMap(moving, {.x0 = 400, .y0 = 0, .x1 = 460, .y1 = 310}, kFrame).x1 <= 460);
}

TEST_CASE("a ranker without offsets scores and does not propose") {
  Tensor tensor = MakeTensor(kShape);
  std::vector<std::byte> bytes(tensor.shape.Count() * sizeof(float));
  const PictureMap map = {
      .bytes = bytes, .shape = kShape, .encoding = {kernels::ElementType::kF32}};
  const RankedMap ranked({.weights = std::vector<float>(9 * kChannels), .bias = 1}, map);
  CHECK(ranked.Score(WindowInFrame({.x0 = 0, .y0 = 0, .x1 = 50, .y1 = 50}, kFrame)) == 1);
  CHECK_THROWS_AS(ProposeOnMap(ranked, kFrame, 460, 310), ContractViolation);
}

}  // namespace
}  // namespace deeper
