#include "detector/suppression/nms.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Detection At(float x0, float score, int class_index = 0) {
  return {.box = {.x0 = x0, .y0 = 0, .x1 = x0 + 10, .y1 = 10},
          .class_id = ClassAt(static_cast<std::size_t>(class_index)),
          .score = score};
}

std::vector<Detection> RandomDetections(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  const auto coordinate = [&] { return static_cast<float>(random.Below(60)); };
  std::vector<Detection> detections(count);
  for (Detection& d : detections) {
    d.box.x0 = coordinate();
    d.box.y0 = coordinate();
    d.box.x1 = d.box.x0 + 1 + coordinate();
    d.box.y1 = d.box.y0 + 1 + coordinate();
    d.class_id = ClassAt(random.Below(3));
    d.score = static_cast<float>(random.Below(20)) - 10;  // many ties
  }
  return detections;
}

TEST_CASE("NMS keeps the better of two overlapping boxes") {
  const auto kept = SuppressNonMaxima({At(0, 1), At(2, 3), At(100, 2)}, {});
  CHECK(kept == std::vector{At(2, 3), At(100, 2)});
}

TEST_CASE("NMS does not compare boxes of different classes") {
  CHECK(SuppressNonMaxima({At(0, 1, 0), At(0, 2, 1)}, {}).size() == 2);
}

TEST_CASE("an overlap of exactly max_iou is kept") {
  // Two boxes of 10 x 10 shifted by 5: 50 / 150.
  const std::vector<Detection> pair = {At(0, 2), At(5, 1)};
  CHECK(SuppressNonMaxima(pair, {.max_iou = 50.0 / 150.0}).size() == 2);
  CHECK(SuppressNonMaxima(pair, {.max_iou = std::nextafter(50.0 / 150.0, 0.0)}).size() == 1);
}

TEST_CASE("a suppressed box suppresses nobody") {
  // Each overlaps the next by 60 / 140 and the one after by 20 / 180.
  const auto kept = SuppressNonMaxima({At(0, 3), At(4, 2), At(8, 1)}, {});
  CHECK(kept == std::vector{At(0, 3), At(8, 1)});
}

TEST_CASE("a max_iou of 1 keeps even equal boxes") {
  CHECK(SuppressNonMaxima({At(0, 2), At(0, 1)}, {.max_iou = 1}).size() == 2);
}

TEST_CASE("max_per_class keeps the best of each class, and 0 keeps all") {
  std::vector<Detection> apart;
  for (int i = 0; i < 5; ++i) {
    apart.push_back(At(static_cast<float>(20 * i), static_cast<float>(i), 0));
    apart.push_back(At(static_cast<float>(20 * i), static_cast<float>(-i), 1));
  }
  const auto kept = SuppressNonMaxima(apart, {.max_per_class = 2});
  CHECK(kept == std::vector{At(80, 4, 0), At(60, 3, 0), At(0, 0, 1), At(20, -1, 1)});
  CHECK(SuppressNonMaxima(apart, {.max_per_class = 0}).size() == 10);
}

TEST_CASE("equal scores are ordered by class and then by box") {
  const std::vector<Detection> ordered = {At(70, 2, 1), At(50, 1, 0), At(0, 1, 1), At(20, 1, 1)};
  std::vector<Detection> shuffled = {ordered[3], ordered[1], ordered[2], ordered[0]};
  CHECK(SuppressNonMaxima(shuffled, {}) == ordered);
}

TEST_CASE("of two overlapping boxes with one score the smaller x0 stays") {
  CHECK(SuppressNonMaxima({At(2, 1), At(0, 1)}, {}) == std::vector{At(0, 1)});
}

TEST_CASE("the order of the input does not matter to NMS") {
  std::vector<Detection> detections = RandomDetections(300, 1);
  const auto expected = SuppressNonMaxima(detections, {});
  Random random(2);
  for (int repeat = 0; repeat < 5; ++repeat) {
    for (std::size_t i = detections.size(); i > 1; --i) {
      std::swap(detections[i - 1], detections[random.Below(i)]);
    }
    REQUIRE(SuppressNonMaxima(detections, {}) == expected);
  }
}

TEST_CASE("after NMS no two of a class overlap too much and each lost one has a better neighbour") {
  const std::vector<Detection> detections = RandomDetections(300, 3);
  const NmsOptions options = {.max_per_class = 0};
  const auto kept = SuppressNonMaxima(detections, options);
  const auto conflict = [&](const Detection& a, const Detection& b) {
    return a.class_id == b.class_id && Iou(a.box, b.box) > options.max_iou;
  };
  for (std::size_t i = 0; i < kept.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      REQUIRE(!conflict(kept[i], kept[j]));
      REQUIRE(kept[j].score >= kept[i].score);
    }
  }
  for (const Detection& d : detections) {
    REQUIRE(std::any_of(kept.begin(), kept.end(), [&](const Detection& k) {
      return k == d || (conflict(k, d) && k.score >= d.score);
    }));
  }
}

TEST_CASE("NMS drops scores and boxes that are not finite") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const auto kept = SuppressNonMaxima(
      {At(0, kNan), At(0, kInfinity), At(0, -kInfinity), At(kNan, 5), At(0, 1)}, {});
  CHECK(kept == std::vector{At(0, 1)});
}

TEST_CASE("NMS of nothing is nothing") { CHECK(SuppressNonMaxima({}, {}).empty()); }

TEST_CASE("NMS options outside their bounds are refused by name") {
  CHECK_NOTHROW(NmsOptions{}.Validate());
  CHECK_THROWS_WITH((NmsOptions{.max_iou = 1.5}.Validate()), Catch::Contains("max_iou"));
  CHECK_THROWS_WITH((NmsOptions{.max_iou = std::nan("")}.Validate()), Catch::Contains("max_iou"));
  CHECK_THROWS_WITH((NmsOptions{.max_per_class = -1}.Validate()), Catch::Contains("max_per_class"));
}

TEST_CASE("a kept box becomes the mean of those that overlap it, weighted by score + 1.5") {
  // IoU 80 / 120 with the kept one; weights 3.5 and 2.5.
  const auto kept = SuppressNonMaxima({At(0, 2), At(2, 1)}, {.vote_iou = 0.5});
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].score == 2);
  CHECK(kept[0].box.x0 == Approx(2 * 2.5 / 6));
  CHECK(kept[0].box.x1 == Approx(10 + 2 * 2.5 / 6));
  CHECK(kept[0].box.y1 == 10);
}

TEST_CASE("boxes of other classes, far ones and those of a score below -1.5 do not vote") {
  const std::vector<Detection> detections = {At(0, 2), At(2, 1, 1), At(5, 1), At(1, -1.6F)};
  const auto kept = SuppressNonMaxima(detections, {.vote_iou = 0.5});
  REQUIRE_FALSE(kept.empty());
  CHECK(kept[0] == At(0, 2));
}

TEST_CASE("a box that nobody may vote for stays") {
  CHECK(SuppressNonMaxima({At(3, -2)}, {.vote_iou = 0.5}) == std::vector{At(3, -2)});
}

TEST_CASE("soft suppression lowers a score by its overlap with each better box of its class") {
  // At(2) overlaps At(0) by 8/12; the other class and the box far away keep their scores.
  const auto kept = SuppressNonMaxima({At(0, 0.9F), At(2, 0.8F), At(2, 0.7F, 1), At(100, 0.6F)},
                                      {.soft_sigma = 0.5});
  const double factor = std::exp(-(8.0 / 12) * (8.0 / 12) / 0.5);
  REQUIRE(kept.size() == 4);
  CHECK(kept[0] == At(0, 0.9F));
  CHECK(kept[1] == At(2, 0.7F, 1));
  CHECK(kept[2] == At(100, 0.6F));
  CHECK(kept[3].score == Approx(0.8 * factor));
}

TEST_CASE("soft suppression takes the best of what is left, not of what was there") {
  // The second falls below the third, which it would otherwise have lowered first.
  const auto kept =
      SuppressNonMaxima({At(0, 1), At(0.5F, 0.95F), At(6, 0.5F)}, {.soft_sigma = 0.3});
  REQUIRE(kept.size() == 3);
  CHECK(kept[1].box == At(6, 0).box);
  CHECK(kept[2].box == At(0.5F, 0).box);
}

TEST_CASE("a very small sigma suppresses whatever overlaps, a very large one nothing") {
  std::vector<Detection> detections = RandomDetections(200, 9);
  for (Detection& d : detections) d.score = (d.score + 11) / 30;
  const auto above = [](const std::vector<Detection>& all) {
    return std::count_if(
        all.begin(), all.end(), [](const Detection& d) { return d.score > 1e-3F; });
  };
  const auto hard = SuppressNonMaxima(detections, {.max_iou = 0, .max_per_class = 0});
  CHECK(above(SuppressNonMaxima(detections, {.max_per_class = 0, .soft_sigma = 1e-9})) ==
        static_cast<std::ptrdiff_t>(hard.size()));
  CHECK(above(SuppressNonMaxima(detections, {.max_per_class = 0, .soft_sigma = 1e9})) == 200);
  CHECK_THROWS_WITH((NmsOptions{.soft_sigma = -1}.Validate()), Catch::Contains("soft_sigma"));
}

}  // namespace
}  // namespace deeper
