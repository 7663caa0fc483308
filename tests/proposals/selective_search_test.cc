#include "proposals/selective_search.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>

#include "core/error.h"
#include "core/random.h"
#include "tests/proposals/synthetic_pictures.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// Small pictures need no enlarging to be searched.
SelectiveSearchOptions AtOwnSize(SelectiveSearchOptions options) {
  options.width_px = 0;
  return options;
}

// A number that changes with any box or its rank.
std::uint64_t HashOf(const std::vector<Proposal>& proposals) {
  std::string text;
  for (const Proposal& p : proposals) {
    for (const float edge : {p.box.x0, p.box.y0, p.box.x1, p.box.y1}) {
      text += std::to_string(static_cast<int>(edge)) + ",";
    }
    text += std::to_string(p.rank) + ";";
  }
  return Fnv1a(text);
}

void CheckProposals(const std::vector<Proposal>& proposals, const Image& image) {
  REQUIRE_FALSE(proposals.empty());
  std::set<std::tuple<float, float, float, float>> seen;
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    const Box& box = proposals[i].box;
    CAPTURE(i, box.x0, box.y0, box.x1, box.y1);
    CHECK(proposals[i].rank == static_cast<int>(i));
    CHECK_FALSE(box.IsEmpty());
    CHECK(ClipToImage(box, image.width, image.height) == box);
    CHECK(seen.emplace(box.x0, box.y0, box.x1, box.y1).second);
  }
}

TEST_CASE("The presets are those of R-CNN's code and GoogLeNet") {
  CHECK(SelectiveSearchPreset("fast") == FastSelectiveSearch());
  CHECK(SelectiveSearchPreset("quality") == QualitySelectiveSearch());
  CHECK(SelectiveSearchPreset("x2") == DoubleSuperpixelSelectiveSearch());
  CHECK(SelectiveSearchPreset("opencv").implementation == SelectiveSearchImplementation::kOpenCv);
  const auto hierarchies = [](const SelectiveSearchOptions& options) {
    return options.colour_spaces.size() * options.similarities.size() * options.k.size();
  };
  CHECK(hierarchies(FastSelectiveSearch()) == 8);
  CHECK(hierarchies(QualitySelectiveSearch()) == 80);
  CHECK(DoubleSuperpixelSelectiveSearch().k == std::vector<int>{100, 200});
  CHECK_THROWS_WITH(SelectiveSearchPreset("slow"),
                    Catch::Contains("'slow'") && Catch::Contains("fast, quality, x2"));
}

TEST_CASE("A wrong option is refused by its name, its value and its bound") {
  const auto message = [](auto change) {
    SelectiveSearchOptions options = FastSelectiveSearch();
    change(options);
    try {
      options.Validate();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using Catch::Contains;
  using Options = SelectiveSearchOptions;
  CHECK(message([](Options&) {}) == "accepted");
  CHECK_THAT(message([](Options& o) { o.colour_spaces.clear(); }), Contains("colour_spaces is 0"));
  CHECK_THAT(message([](Options& o) { o.similarities.clear(); }), Contains("similarities is 0"));
  CHECK_THAT(message([](Options& o) {
               o.similarities = {{false, false, false, false}};
             }),
             Contains("similarities in a sum is 0"));
  CHECK_THAT(message([](Options& o) { o.k.clear(); }), Contains("number of k is 0"));
  CHECK_THAT(message([](Options& o) { o.k = {50, 0}; }), Contains("k is 0, expected at least 1"));
  CHECK_THAT(message([](Options& o) { o.sigma = -1; }),
             Contains("sigma is -1, expected 0 to 50 px"));
  CHECK_THAT(message([](Options& o) { o.width_px = -5; }), Contains("width_px is -5"));
  CHECK_THAT(message([](Options& o) { o.max_area_px = 0; }), Contains("max_area_px is 0"));
  CHECK_THAT(message([](Options& o) { o.min_side_px = -1; }), Contains("min_side_px is -1"));
  CHECK_THAT(message([](Options& o) { o.max_iou = 0; }), Contains("max_iou is 0"));
  CHECK_THAT(message([](Options& o) { o.max_iou = 1.5; }), Contains("max_iou is 1.5"));
  CHECK_THAT(message([](Options& o) { o.max_boxes = -1; }), Contains("max_boxes is -1"));
}

TEST_CASE("Coloured rectangles on a flat ground are among the proposals") {
  Image image = MakeImage(200, 150, 120, 120, 120);
  const std::vector<Box> objects = {{20, 20, 70, 90}, {100, 30, 180, 60}, {110, 90, 150, 140}};
  test::FillRectangle(20, 20, 70, 90, {.blue = 20, .green = 30, .red = 220}, image);
  test::FillRectangle(100, 30, 180, 60, {.blue = 200, .green = 40, .red = 10}, image);
  test::FillRectangle(110, 90, 150, 140, {.blue = 10, .green = 180, .red = 40}, image);
  for (const SelectiveSearchOptions& options :
       {FastSelectiveSearch(), AtOwnSize(DoubleSuperpixelSelectiveSearch())}) {
    const std::vector<Proposal> proposals = SelectiveSearch(image, options);
    CheckProposals(proposals, image);
    for (const Box& object : objects) {
      double best = 0;
      for (const Proposal& p : proposals) best = std::max(best, Iou(p.box, object));
      CHECK(best > 0.9);
    }
  }
}

TEST_CASE("The proposals of a synthetic picture never change") {
  const Image image = test::RectanglesPicture(240, 180, 40, 2013);
  const std::vector<Proposal> fast = SelectiveSearch(image, FastSelectiveSearch());
  const std::vector<Proposal> x2 = SelectiveSearch(image, DoubleSuperpixelSelectiveSearch());
  const std::vector<Proposal> quality = SelectiveSearch(image, AtOwnSize(QualitySelectiveSearch()));
  CHECK(fast.size() == 686);
  CHECK(HashOf(fast) == 0x559B43953D89F2E3ULL);
  CHECK(x2.size() == 453);
  CHECK(HashOf(x2) == 0x67BFFAF260B3E7B7ULL);
  CHECK(quality.size() == 930);
  CHECK(HashOf(quality) == 0x78A2C8752F84A5D9ULL);
}

TEST_CASE("Every thread finds the same proposals") {
  const Image image = test::RectanglesPicture(160, 120, 25, 3);
  const SelectiveSearchOptions options = AtOwnSize(FastSelectiveSearch());
  const std::vector<Proposal> expected = SelectiveSearch(image, options);
  std::vector<std::vector<Proposal>> found(4);
  {
    std::vector<std::jthread> threads;
    for (std::vector<Proposal>& proposals : found) {
      threads.emplace_back([&] { proposals = SelectiveSearch(image, options); });
    }
  }
  for (const std::vector<Proposal>& proposals : found) CHECK(proposals == expected);
}

TEST_CASE("Another seed ranks the same boxes differently") {
  const Image image = test::RectanglesPicture(160, 120, 25, 3);
  SelectiveSearchOptions options = AtOwnSize(FastSelectiveSearch());
  const auto boxes_of = [](const std::vector<Proposal>& proposals) {
    std::vector<std::tuple<float, float, float, float>> boxes;
    for (const Proposal& p : proposals) boxes.emplace_back(p.box.x0, p.box.y0, p.box.x1, p.box.y1);
    return boxes;
  };
  auto first = boxes_of(SelectiveSearch(image, options));
  options.seed = 1;
  auto second = boxes_of(SelectiveSearch(image, options));
  CHECK(first != second);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  CHECK(first == second);
}

TEST_CASE("Extreme pictures give at least one proposal inside them") {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {2, 2}, {1, 20000}, {20000, 1}, {3, 500}, {600, 2}, {19, 19}}) {
    for (const bool is_noise : {false, true}) {
      CAPTURE(width, height, is_noise);
      const Image image =
          is_noise ? test::NoisePicture(width, height, 1) : MakeImage(width, height, 30, 60, 90);
      for (const char* preset : {"fast", "x2", "quality"}) {
        CAPTURE(preset);
        CheckProposals(SelectiveSearch(image, SelectiveSearchPreset(preset)), image);
      }
      CheckProposals(SelectiveSearch(image, AtOwnSize(FastSelectiveSearch())), image);
    }
  }
}

TEST_CASE("Large noise is searched in the frame's area, not its own") {
  const Image image = test::NoisePicture(900, 900, 1);
  const std::vector<Proposal> proposals = SelectiveSearch(image, FastSelectiveSearch());
  CheckProposals(proposals, image);
  CHECK(proposals.size() > 100);
}

TEST_CASE("A constant picture has one proposal, the whole picture") {
  for (const char* preset : {"fast", "x2", "quality"}) {
    CAPTURE(preset);
    const std::vector<Proposal> proposals =
        SelectiveSearch(MakeImage(300, 200, 1, 2, 3), SelectiveSearchPreset(preset));
    CHECK(proposals == std::vector<Proposal>{{.box = {0, 0, 300, 200}, .rank = 0}});
  }
}

TEST_CASE("No box is narrower or lower than the least side in the resized frame") {
  const Image image = test::RectanglesPicture(250, 200, 40, 3);
  SelectiveSearchOptions options = FastSelectiveSearch();
  options.min_side_px = 60;
  // The frame is 500 px wide: 60 px there are 30 px here.
  for (const Proposal& p : SelectiveSearch(image, options)) {
    CHECK(p.box.Width() >= 30);
    CHECK(p.box.Height() >= 30);
  }
}

TEST_CASE("A picture whose regions are all too small still has itself") {
  SelectiveSearchOptions options = FastSelectiveSearch();
  options.min_side_px = 1000;
  CHECK(SelectiveSearch(test::RectanglesPicture(100, 80, 9, 3), options) ==
        std::vector<Proposal>{{.box = {0, 0, 100, 80}, .rank = 0}});
}

TEST_CASE("max_boxes keeps the best ranked") {
  const Image image = test::RectanglesPicture(160, 120, 25, 3);
  SelectiveSearchOptions options = AtOwnSize(FastSelectiveSearch());
  std::vector<Proposal> all = SelectiveSearch(image, options);
  REQUIRE(all.size() > 10);
  options.max_boxes = 10;
  all.resize(10);
  CHECK(SelectiveSearch(image, options) == all);
}

TEST_CASE("max_iou leaves no pair that overlaps more and drops only what overlaps a better one") {
  const Image image = test::RectanglesPicture(160, 120, 25, 3);
  SelectiveSearchOptions options = AtOwnSize(FastSelectiveSearch());
  const std::vector<Proposal> all = SelectiveSearch(image, options);
  options.max_iou = 0.7;
  const std::vector<Proposal> kept = SelectiveSearch(image, options);
  CheckProposals(kept, image);
  CHECK(kept.size() < all.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) CHECK(Iou(kept[i].box, kept[j].box) <= 0.7);
  }
  for (const Proposal& p : all) {
    CHECK(std::any_of(kept.begin(), kept.end(), [&p](const Proposal& k) {
      return k.box == p.box || Iou(k.box, p.box) > 0.7;
    }));
  }
}

TEST_CASE("Near-duplicates go by rank, whatever the order of the list") {
  const std::vector<Proposal> proposals = {{.box = {0, 0, 10, 10}, .rank = 2},
                                           {.box = {50, 50, 60, 60}, .rank = 1},
                                           {.box = {0, 0, 10, 9}, .rank = 0}};
  CHECK(DropNearDuplicates(proposals, 0.85) ==
        std::vector<Proposal>{{.box = {0, 0, 10, 9}, .rank = 0},
                              {.box = {50, 50, 60, 60}, .rank = 1}});
  CHECK(DropNearDuplicates(proposals, 0.9).size() == 3);
  CHECK(DropNearDuplicates({}, 0.5).empty());
}

TEST_CASE("OpenCV's search obeys the same filters and is the same in every thread") {
  const Image image = test::RectanglesPicture(160, 120, 15, 3);
  SelectiveSearchOptions options = AtOwnSize(SelectiveSearchPreset("opencv"));
  options.min_side_px = 25;
  options.max_iou = 0.9;
  const std::vector<Proposal> expected = SelectiveSearch(image, options);
  CheckProposals(expected, image);
  for (const Proposal& p : expected) CHECK(std::min(p.box.Width(), p.box.Height()) >= 25);
  std::vector<std::vector<Proposal>> found(2);
  {
    std::vector<std::jthread> threads;
    for (std::vector<Proposal>& proposals : found) {
      threads.emplace_back([&] { proposals = SelectiveSearch(image, options); });
    }
  }
  for (const std::vector<Proposal>& proposals : found) CHECK(proposals == expected);
}

TEST_CASE("OpenCV's search survives the smallest pictures") {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 2}, {1, 30}, {30, 1}}) {
    CAPTURE(width, height);
    const Image image = MakeImage(width, height, 30, 60, 90);
    CheckProposals(SelectiveSearch(image, AtOwnSize(SelectiveSearchPreset("opencv"))), image);
  }
}

TEST_CASE("An empty picture has no proposals to give") {
  CHECK_THROWS_AS(SelectiveSearch(Image{}, FastSelectiveSearch()), ContractViolation);
}

}  // namespace
}  // namespace deeper
