#include "proposals/proposal_ranking.h"

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("A frame is as wide as asked, in the picture's aspect") {
  CHECK(ResizedFrame({1000, 600}, 500, 250000) == FrameSize{500, 300});
  CHECK(ResizedFrame({200, 100}, 500, 250000) == FrameSize{500, 250});
  CHECK(ResizedFrame({333, 77}, 0, 250000) == FrameSize{333, 77});
}

TEST_CASE("A frame is shrunk to the largest area and keeps a pixel each way") {
  CHECK(ResizedFrame({500, 1000}, 500, 250000) == FrameSize{353, 707});
  for (const FrameSize picture :
       {FrameSize{1, 20000}, {20000, 1}, {1, 1}, {1, 2'000'000'000}, {2'000'000'000, 1}}) {
    for (const int width_px : {0, 1, 500}) {
      for (const int max_area_px : {1, 100, 250000}) {
        CAPTURE(picture.width, picture.height, width_px, max_area_px);
        const FrameSize frame = ResizedFrame(picture, width_px, max_area_px);
        CHECK(frame.width >= 1);
        CHECK(frame.height >= 1);
        CHECK(std::int64_t{frame.width} * frame.height <= max_area_px);
      }
    }
  }
}

TEST_CASE("Pictures that differ in a pixel, in shape or in seed have different random numbers") {
  const Image image = MakeImage(4, 3, 1, 2, 3);
  const Image turned = MakeImage(3, 4, 1, 2, 3);
  Image touched = image;
  touched.bgr.back() ^= 1U;
  const std::uint64_t first = RandomOfPicture(image, 0).Next();
  CHECK(RandomOfPicture(image, 0).Next() == first);
  CHECK(RandomOfPicture(turned, 0).Next() != first);
  CHECK(RandomOfPicture(touched, 0).Next() != first);
  CHECK(RandomOfPicture(image, 1).Next() != first);
}

TEST_CASE("The key is the position from the end times the next random number") {
  const std::vector<PixelBox> merged = {{0, 0, 1, 1}, {0, 0, 2, 2}, {0, 0, 3, 3}};
  Random random(6);
  std::vector<KeyedBox> boxes;
  AppendKeyed(merged, random, boxes);
  AppendKeyedInitial({{5, 5, 6, 6}, {7, 7, 8, 8}}, random, boxes);
  Random same(6);
  REQUIRE(boxes.size() == 5);
  CHECK(boxes[0] == KeyedBox{.box = merged[0], .key = 3 * same.Uniform()});
  CHECK(boxes[1] == KeyedBox{.box = merged[1], .key = 2 * same.Uniform()});
  CHECK(boxes[2] == KeyedBox{.box = merged[2], .key = 1 * same.Uniform()});
  CHECK(boxes[3] == KeyedBox{.box = {5, 5, 6, 6}, .key = 2 * same.Uniform()});
  CHECK(boxes[4] == KeyedBox{.box = {7, 7, 8, 8}, .key = 2 * same.Uniform()});
}

TEST_CASE("Boxes are ranked by key, of duplicates the better stays, low and narrow ones go") {
  const std::vector<Proposal> proposals = RankBoxes({{{0, 0, 30, 30}, 3.0},
                                                     {{0, 0, 40, 30}, 1.0},
                                                     {{0, 0, 30, 30}, 2.0},
                                                     {{0, 0, 19, 30}, 0.1},
                                                     {{0, 0, 30, 19}, 0.2},
                                                     {{9, 9, 29, 29}, 2.5}},
                                                    {100, 100},
                                                    {100, 100},
                                                    20);
  CHECK(proposals == std::vector<Proposal>{{.box = {0, 0, 40, 30}, .rank = 0},
                                           {.box = {0, 0, 30, 30}, .rank = 1},
                                           {.box = {9, 9, 29, 29}, .rank = 2}});
}

TEST_CASE("Boxes of equal keys stand in the order of their coordinates") {
  const std::vector<Proposal> proposals =
      RankBoxes({{{5, 0, 30, 30}, 1.0}, {{4, 0, 30, 30}, 1.0}}, {50, 50}, {50, 50}, 1);
  CHECK(proposals.front().box == Box{.x0 = 4, .y0 = 0, .x1 = 30, .y1 = 30});
}

TEST_CASE("Mapping back rounds outward, to exact edges where there are any, and stays inside") {
  const auto mapped = [](PixelBox box, FrameSize frame, FrameSize picture) {
    return RankBoxes({{box, 1.0}}, frame, picture, 1).front().box;
  };
  CHECK(mapped({0, 0, 500, 300}, {500, 300}, {1234, 777}) == Box{0, 0, 1234, 777});
  CHECK(mapped({1, 1, 2, 2}, {3, 3}, {10, 10}) == Box{3, 3, 7, 7});
  CHECK(mapped({10, 20, 30, 40}, {100, 100}, {200, 300}) == Box{20, 60, 60, 120});
  CHECK(mapped({99, 99, 100, 100}, {100, 100}, {7, 7}) == Box{6, 6, 7, 7});
}

TEST_CASE("Boxes that become one by mapping back are one proposal") {
  CHECK(RankBoxes({{{0, 0, 50, 50}, 1.0}, {{1, 1, 50, 50}, 2.0}}, {100, 100}, {10, 10}, 1).size() ==
        1);
}

}  // namespace
}  // namespace deeper
