#include "proposals/grouping_features.h"

#include <numeric>

#include "core/error.h"
#include "tests/proposals/synthetic_pictures.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

double Sum(const float* values, std::size_t n) { return std::accumulate(values, values + n, 0.0); }

// Columns x < edge are region 0, the others region 1.
Segmentation TwoHalves(int width, int height, int edge) {
  Segmentation halves{.width = width, .height = height, .region_count = 2, .labels = {}};
  for (int i = 0; i < width * height; ++i) halves.labels.push_back(i % width < edge ? 0 : 1);
  return halves;
}

// A gray step from `left` to `right` at x = 20 of 40 x 10 pixels; one channel.
ColourPlanes Step(std::uint8_t left, std::uint8_t right) {
  ColourPlanes planes{.width = 40, .height = 10, .channels = 1, .values = {}};
  for (int i = 0; i < 400; ++i) planes.values.push_back(i % 40 < 20 ? left : right);
  return planes;
}

TEST_CASE("Sizes and boxes are those of the regions") {
  const Image image = test::NoisePicture(12, 5, 1);
  const PixelBins bins = ComputePixelBins(ConvertColour(image, ColourSpace::kLab));
  const GroupingFeatures features = ComputeGroupingFeatures(TwoHalves(12, 5, 4), bins);
  CHECK(features.size_px == std::vector<int>{20, 40});
  REQUIRE(features.boxes.size() == 2);
  CHECK(features.boxes[0] == PixelBox{.x0 = 0, .y0 = 0, .x1 = 4, .y1 = 5});
  CHECK(features.boxes[1] == PixelBox{.x0 = 4, .y0 = 0, .x1 = 12, .y1 = 5});
}

TEST_CASE("Both histograms of every region sum to 1, in one channel and in three") {
  const Image image = test::RectanglesPicture(50, 40, 10, 3);
  for (const ColourSpace space : {ColourSpace::kHsv, ColourSpace::kIntensity}) {
    const ColourPlanes planes = ConvertColour(image, space);
    const GroupingFeatures features =
        ComputeGroupingFeatures(TwoHalves(50, 40, 21), ComputePixelBins(planes));
    CHECK(features.texture_length == static_cast<std::size_t>(80 * planes.channels));
    CHECK(features.colour_length == (planes.channels == 1 ? 32 : 80));
    for (std::size_t region = 0; region < 2; ++region) {
      CHECK(Sum(features.Texture(region), features.texture_length) == Approx(1).epsilon(1e-5));
      CHECK(Sum(features.Colour(region), features.colour_length) == Approx(1).epsilon(1e-5));
    }
  }
}

TEST_CASE("A colour falls in the bin of its 25th of the range") {
  for (const auto& [value, bin] : {std::pair{0, 0}, {10, 0}, {11, 1}, {128, 12}, {255, 24}}) {
    CAPTURE(value);
    const auto gray = static_cast<std::uint8_t>(value);
    const GroupingFeatures features =
        ComputeGroupingFeatures(TwoHalves(40, 10, 20), ComputePixelBins(Step(gray, gray)));
    CHECK(features.Colour(0)[bin] == 1.0F);
  }
}

TEST_CASE("A flat region has all its texture in the first bins") {
  const GroupingFeatures features =
      ComputeGroupingFeatures(TwoHalves(40, 10, 20), ComputePixelBins(Step(77, 77)));
  for (std::size_t orientation = 0; orientation < 8; ++orientation) {
    CHECK(features.Texture(1)[10 * orientation] == Approx(0.125));
  }
}

TEST_CASE(
    "A rising edge is texture of its own direction and the diagonals beside it, a falling one of "
    "the opposite") {
  // Orientations in pairs: 0 and 180 degrees, 45 and 225, 90 and 270, 135 and 315.
  const auto edge_texture = [](std::uint8_t left, std::uint8_t right) {
    const GroupingFeatures features =
        ComputeGroupingFeatures(TwoHalves(40, 10, 20), ComputePixelBins(Step(left, right)));
    std::vector<bool> answers;
    for (std::size_t orientation = 0; orientation < 8; ++orientation) {
      answers.push_back(Sum(features.Texture(0) + 10 * orientation + 1, 9) > 0);
    }
    return answers;
  };
  CHECK(edge_texture(50, 150) ==
        std::vector<bool>{true, false, true, false, false, false, false, true});
  CHECK(edge_texture(150, 50) ==
        std::vector<bool>{false, true, false, true, false, false, true, false});
}

TEST_CASE("Responses fall in tenths of the largest, and those above it in the last bin") {
  // 0.5 and 1.5 px from a step of 255, the responses are 255 x 0.364 = 93 and 255 x 0.122 = 31 gray
  // levels per px: one column of 20 each.
  const GroupingFeatures features =
      ComputeGroupingFeatures(TwoHalves(40, 10, 20), ComputePixelBins(Step(0, 255)));
  CHECK(features.Texture(0)[9] == Approx(0.125 / 20));
  CHECK(features.Texture(0)[7] == Approx(0.125 / 20));
}

TEST_CASE("Features of another picture's segmentation are refused") {
  CHECK_THROWS_AS(ComputeGroupingFeatures(TwoHalves(41, 10, 20), ComputePixelBins(Step(0, 9))),
                  ContractViolation);
}

}  // namespace
}  // namespace deeper
