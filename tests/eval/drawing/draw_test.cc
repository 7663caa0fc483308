#include "eval/drawing/draw.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <string>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

constexpr Colour kGround = {90, 100, 110};

Image Ground(int width, int height) {
  return MakeImage(width, height, kGround[0], kGround[1], kGround[2]);
}

Colour At(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.Row(y) + std::ptrdiff_t{3} * x;
  return {pixel[0], pixel[1], pixel[2]};
}

std::size_t Count(const Image& image, const Colour& colour) {
  std::size_t count = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) count += At(image, x, y) == colour ? 1U : 0U;
  }
  return count;
}

constexpr Colour kBright = {40, 220, 250};  // its border is black
constexpr Colour kDark = {120, 20, 20};     // its border is white
constexpr Colour kBlack = {0, 0, 0};
constexpr Colour kWhite = {255, 255, 255};

Image DrawOne(const Image& image,
              const Box& box,
              const std::string& name,
              const Colour& colour = kBright,
              float score = 0.87F) {
  return DrawDetections(image,
                        {{.box = box, .class_id = ClassAt(0), .score = score}},
                        ClassTableOf({name}),
                        {.line_px = 0, .colours = {colour}});
}

}  // namespace

TEST_CASE("a frame lies just inside its box between two borders and leaves the rest alone") {
  const Image drawn =
      DrawOne(Ground(400, 300), {.x0 = 100, .y0 = 150, .x1 = 200, .y1 = 250}, "dog");
  for (const auto& [x, y] : {std::pair{100, 150}, {199, 150}, {100, 249}, {199, 249}, {150, 151}}) {
    CAPTURE(x, y);
    CHECK(At(drawn, x, y) == kBright);
  }
  for (const auto& [x, y] : {std::pair{99, 200}, {200, 200}, {150, 250}, {102, 200}, {150, 247}}) {
    CAPTURE(x, y);
    CHECK(At(drawn, x, y) == kBlack);
  }
  for (const auto& [x, y] :
       {std::pair{98, 200}, {201, 200}, {150, 251}, {103, 153}, {150, 200}, {250, 149}}) {
    CAPTURE(x, y);
    CHECK(At(drawn, x, y) == kGround);
  }
}

TEST_CASE("on a ground of its own colour a frame is seen by its border") {
  const Box box{.x0 = 100, .y0 = 150, .x1 = 200, .y1 = 250};
  for (const auto& [colour, border] : {std::pair{kBright, kBlack}, {kDark, kWhite}}) {
    const Image ground = MakeImage(400, 300, colour[0], colour[1], colour[2]);
    CHECK(Count(DrawOne(ground, box, "dog", colour), border) >= 2 * 4 * 90);
  }
}

TEST_CASE("a line is as wide as asked for, and fills no small box") {
  const auto drawn = [](float side) {
    return DrawDetections(Ground(400, 300),
                          {{.box = {.x0 = 100, .y0 = 150, .x1 = 100 + side, .y1 = 150 + side},
                            .class_id = ClassAt(0),
                            .score = 1}},
                          ClassTableOf({"dog"}),
                          {.line_px = 7, .colours = {kBright}});
  };
  CHECK(At(drawn(100), 106, 200) == kBright);
  CHECK(At(drawn(100), 107, 200) == kBlack);
  CHECK(At(drawn(10), 105, 155) == kGround);
}

TEST_CASE("a label stands above its box, and inside where there is no room above") {
  const Colour& dog = kBright;
  const Image above =
      DrawOne(Ground(400, 300), {.x0 = 100, .y0 = 150, .x1 = 200, .y1 = 250}, "dog");
  CHECK(At(above, 101, 148) == dog);
  CHECK(At(above, 100, 148) == kBlack);
  CHECK(At(above, 110, 157) == kGround);
  const Image inside = DrawOne(Ground(400, 300), {.x0 = 100, .y0 = 4, .x1 = 200, .y1 = 250}, "dog");
  CHECK(At(inside, 100, 2) == kGround);
  CHECK(At(inside, 103, 7) == dog);
}

TEST_CASE("labels of boxes with one left edge stand apart where there is room at the right") {
  const Image ground = MakeImage(400, 60, 90, 90, 90);
  const std::array<std::uint8_t, 3> red = {0, 0, 255};
  const std::array<std::uint8_t, 3> blue = {255, 0, 0};
  // Both fill the picture, so neither has room above or below.
  const Box all{.x0 = 0, .y0 = 0, .x1 = 400, .y1 = 60};
  const Image drawn = DrawMarks(ground,
                                {{.box = all, .text = "a", .bgr = red},
                                 {.box = all, .text = "b", .bgr = red},
                                 {.box = all, .text = "c", .bgr = blue}});
  // The third label is whole: at the right, where none of the others is.
  std::size_t blue_at_right = 0;
  std::size_t blue_at_left = 0;
  for (int x = 2; x < 398; ++x) {
    for (int y = 2; y < 58; ++y) {
      if (At(drawn, x, y) == blue) ++(x < 200 ? blue_at_left : blue_at_right);
    }
  }
  CHECK(blue_at_left == 0);
  CHECK(blue_at_right > 40);
}

TEST_CASE("letters are white on dark colours and black on light ones") {
  const Box box{.x0 = 20, .y0 = 150, .x1 = 200, .y1 = 250};
  CHECK(Count(DrawOne(Ground(900, 900), box, "dog", kDark), kWhite) > 20);
  CHECK(Count(DrawOne(Ground(900, 900), box, "dog", kDark), kBlack) == 0);
  CHECK(Count(DrawOne(Ground(900, 900), box, "dog", kBright), kBlack) > 20);
}

TEST_CASE("of two boxes in one place the better is on top") {
  const Box box{.x0 = 10, .y0 = 60, .x1 = 90, .y1 = 90};
  const ClassTable pets = ClassTableOf({"cat", "dog"});
  const auto drawn = [&](float cat, float dog) {
    return DrawDetections(Ground(200, 200),
                          {{.box = box, .class_id = ClassAt(0), .score = cat},
                           {.box = box, .class_id = ClassAt(1), .score = dog}},
                          pets,
                          {.line_px = 0, .colours = {kDark, kBright}});
  };
  CHECK(At(drawn(0.9F, 0.1F), 10, 89) == kDark);
  CHECK(At(drawn(0.1F, 0.9F), 10, 89) == kBright);
  CHECK(At(drawn(std::numeric_limits<float>::quiet_NaN(), 0.1F), 10, 89) == kBright);
}

TEST_CASE("boxes that are empty, outside or not finite are not drawn") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const Image ground = Ground(100, 80);
  for (const Box& box : {Box{},
                         Box{.x0 = 50, .y0 = 50, .x1 = 40, .y1 = 60},
                         Box{.x0 = 100, .y0 = 0, .x1 = 200, .y1 = 80},
                         Box{.x0 = nan, .y0 = 0, .x1 = 10, .y1 = 10},
                         Box{.x0 = infinity, .y0 = 0, .x1 = infinity, .y1 = 9}}) {
    CHECK(DrawOne(ground, box, "dog") == ground);
  }
  CHECK(DrawOne(ground, {.x0 = -infinity, .y0 = -1e9F, .x1 = infinity, .y1 = 1e9F}, "dog") !=
        ground);
}

TEST_CASE("pictures of every size and shape can be drawn on, boxes and names of every size too") {
  Random random(17);
  for (const auto& [width, height] :
       {std::pair{1, 1}, {20, 20}, {3, 500}, {500, 3}, {100, 80}, {640, 480}, {1, 30}, {30, 1}}) {
    CAPTURE(width, height);
    std::vector<Detection> detections(40);
    for (Detection& detection : detections) {
      const auto coordinate = [&](int side) {
        return static_cast<float>((random.Uniform() * 1.4 - 0.2) * side);
      };
      detection = {.box = {.x0 = coordinate(width),
                           .y0 = coordinate(height),
                           .x1 = coordinate(width),
                           .y1 = coordinate(height)},
                   .class_id = ClassAt(random.Below(2)),
                   .score = static_cast<float>(random.Uniform() * 1e9)};
    }
    detections.push_back(
        {.box = {.x0 = 0, .y0 = 0, .x1 = 0.2F, .y1 = 0.2F}, .class_id = ClassAt(0), .score = 1});
    const Image drawn = DrawDetections(
        Ground(width, height), detections, ClassTableOf({"a", std::string(300, 'x')}));
    CHECK(drawn.width == width);
    CHECK(drawn.bgr.size() == std::size_t{3} * static_cast<std::size_t>(width * height));
    CHECK(drawn != Ground(width, height));
  }
  CHECK(DrawOne({}, {.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1}, "a") == Image());
}

TEST_CASE("letters grow with the picture") {
  const auto label_pixels = [](int side) {
    const auto s = static_cast<float>(side);
    const Image drawn =
        DrawOne(Ground(side, side), {.x0 = 0, .y0 = s / 2, .x1 = 1, .y1 = s / 2 + 1}, "dog");
    return static_cast<double>(Count(drawn, kBright)) / (double{s} * double{s});
  };
  const double share_at_1000 = label_pixels(1000);
  CHECK(share_at_1000 > 0.002);
  CHECK(label_pixels(3000) == Approx(share_at_1000).epsilon(0.25));
}

TEST_CASE("a character that no font has is drawn as one question mark") {
  // Apart from the letters, labels of equal size have equally many pixels of their colour.
  const auto plain_pixels = [](const std::string& name) {
    return Count(DrawOne(Ground(640, 480), {.x0 = 50, .y0 = 100, .x1 = 300, .y1 = 300}, name),
                 kBright);
  };
  CHECK(plain_pixels("caf\xF4\x8F\xBF\xBF") == plain_pixels("caf?"));
  CHECK(plain_pixels("\xF4\x8F\xBF\xBF\n") == plain_pixels("??"));
  CHECK(plain_pixels("caf\xF4\x8F\xBF\xBF") != plain_pixels("caf"));
}

TEST_CASE("dashes and dots leave gaps of the border's tone, solid frames do not") {
  const Image ground = Ground(400, 300);
  const auto colours = [&](LineStyle style) {
    const Image drawn = DrawMarks(ground,
                                  {{.box = {.x0 = 50, .y0 = 50, .x1 = 350, .y1 = 250},
                                    .text = "",
                                    .bgr = {10, 200, 250},
                                    .style = style}});
    std::size_t line = 0;
    std::size_t gap = 0;
    for (int x = 50; x < 350; ++x) {
      line += At(drawn, x, 50) == Colour{10, 200, 250} ? 1U : 0U;
      gap += At(drawn, x, 50) == Colour{0, 0, 0} ? 1U : 0U;
    }
    CHECK(line + gap == 300);
    CHECK(At(drawn, 150, 49) == kBlack);
    return line;
  };
  CHECK(colours(LineStyle::kSolid) == 300);
  CHECK(colours(LineStyle::kThin) == 300);
  CHECK(colours(LineStyle::kDashed) == Approx(300 * 5.0 / 8).margin(8));
  CHECK(colours(LineStyle::kDotted) == Approx(300 / 3.0).margin(8));
}

TEST_CASE(
    "a JPEG has the picture's size and nearly its colours, and less quality makes it smaller") {
  const Image drawn = DrawOne(Ground(160, 120), {.x0 = 20, .y0 = 30, .x1 = 140, .y1 = 110}, "dog");
  const std::vector<std::uint8_t> encoded = EncodeJpeg(drawn);
  const cv::Mat decoded = cv::imdecode(encoded, cv::IMREAD_COLOR);
  REQUIRE(decoded.cols == 160);
  REQUIRE(decoded.rows == 120);
  const auto middle = decoded.at<cv::Vec3b>(70, 80);
  for (int c = 0; c < 3; ++c)
    CHECK(std::abs(middle[c] - kGround.at(static_cast<std::size_t>(c))) <= 4);
  CHECK(EncodeJpeg(drawn, 30).size() < encoded.size());
}

TEST_CASE("nothing, a quality out of range and a picture too wide cannot be JPEGs") {
  CHECK_THROWS_AS(EncodeJpeg({}), ContractViolation);
  CHECK_THROWS_AS(EncodeJpeg(Ground(8, 8), 0), ContractViolation);
  CHECK_THROWS_AS(EncodeJpeg(Ground(8, 8), 101), ContractViolation);
  CHECK_THROWS_WITH(EncodeJpeg(Ground(65501, 1)), Catch::Contains("65501 x 1"));
}
