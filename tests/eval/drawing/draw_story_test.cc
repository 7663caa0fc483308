#include "eval/drawing/draw_story.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

std::size_t CountOf(const Image& image, const std::array<std::uint8_t, 3>& bgr) {
  std::size_t count = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const std::uint8_t* pixel = image.Row(y) + std::ptrdiff_t{3} * x;
      count += pixel[0] == bgr[0] && pixel[1] == bgr[1] && pixel[2] == bgr[2] ? 1U : 0U;
    }
  }
  return count;
}

constexpr std::array<std::uint8_t, 3> kBlue = {255, 0, 0};
constexpr std::array<std::uint8_t, 3> kRed = {0, 0, 255};
constexpr std::array<std::uint8_t, 3> kChosen = {122, 199, 44};

}  // namespace

TEST_CASE("a story shows its picture and its panels whole, however they are shaped") {
  for (const auto& [width, height] : {std::pair(100, 100), {1000, 40}, {30, 900}}) {
    CAPTURE(width, height);
    const Image page = DrawStory(
        {.title = "title",
         .picture = MakeImage(width, height, 255, 0, 0),
         .marks = {},
         .panels = {{.picture = MakeImage(20, 20, 0, 0, 255), .caption = "crop", .bars = {}}},
         .lines = {{"box", "text"}}});
    CHECK(page.width == 1240);
    const double scale = std::min(700.0 / width, 640.0 / height);
    CHECK(static_cast<double>(CountOf(page, kBlue)) ==
          Approx(scale * width * scale * height).epsilon(0.02));
    CHECK(CountOf(page, kRed) == 160 * 160);
  }
}

TEST_CASE("a bar is as long as its score is above the least, also where all are below zero") {
  const auto chosen = [](float score) {
    const Image page =
        DrawStory({.title = "",
                   .picture = MakeImage(100, 100, 255, 0, 0),
                   .marks = {},
                   .panels = {{.picture = MakeImage(20, 20, 0, 0, 255),
                               .caption = "",
                               .bars = {{.name = "a", .score = score, .chosen = true},
                                        {.name = "b", .score = -3}}}},
                   .lines = {}});
    return CountOf(page, kChosen);
  };
  CHECK(chosen(0) > chosen(-1));
  CHECK(chosen(-1) > chosen(-2));
  CHECK(chosen(-2) > chosen(-3));
  CHECK(chosen(-3) > 0);
}

TEST_CASE("long texts make the page longer, never wider, and foreign ones do no harm") {
  const auto height = [](const std::string& text) {
    return DrawStory({.title = text,
                      .picture = MakeImage(10, 10, 255, 0, 0),
                      .marks = {{.box = {.x0 = 1, .y0 = 1, .x1 = 9, .y1 = 9}, .text = text}},
                      .panels = {},
                      .lines = {{text, text}}})
        .height;
  };
  std::string words;
  for (int i = 0; i < 100; ++i) words += "caf\xC3\xA9 ";
  CHECK(height(words) > height("a"));
  CHECK(height(std::string(3000, 'w')) == height("a"));
  CHECK(height("") == height("a"));
}

TEST_CASE("a story without a picture is a mistake") {
  CHECK_THROWS_AS(DrawStory({}), ContractViolation);
}

TEST_CASE("where the marks are small the story shows their surroundings alone") {
  // A blue picture with red ground around the mark.
  Image picture = MakeImage(900, 600, 255, 0, 0);
  for (int y = 100; y < 300; ++y) {
    for (int x = 100; x < 300; ++x) {
      std::uint8_t* pixel = picture.Row(y) + std::ptrdiff_t{3} * x;
      pixel[0] = 0;
      pixel[2] = 255;
    }
  }
  const auto blue = [&](float side) {
    return CountOf(DrawStory({.title = "",
                              .picture = picture,
                              .marks = {{.box = {.x0 = 200 - side / 2,
                                                 .y0 = 200 - side / 2,
                                                 .x1 = 200 + side / 2,
                                                 .y1 = 200 + side / 2},
                                         .text = ""}},
                              .panels = {},
                              .lines = {}}),
                   kBlue);
  };
  CHECK(blue(40) == 0);
  CHECK(blue(300) > 100000);
}
