#include "detector/examples/augment.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr AugmentOptions kPlain = {.size_px = 32, .distortion = 0, .mirror = false, .mean_bgr = {}};
constexpr std::size_t kPixels = std::size_t{32} * 32;

// Blue grows with x, by one per pixel; green with y.
Image Ramps(int width, int height) {
  Image image = MakeImage(width, height, 0, 0, 77);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.Row(y)[3 * x] = static_cast<std::uint8_t>(x);
      image.Row(y)[3 * x + 1] = static_cast<std::uint8_t>(y);
    }
  }
  return image;
}

std::vector<float> CropOf(const Image& image, const AugmentOptions& options, std::uint64_t seed) {
  std::vector<float> crop(3 * kPixels);
  AugmentedCrop(image, options, seed, crop);
  return crop;
}

// The sides of the part that a crop of Ramps shows, from the slopes in its middle.
double WidthOf(const std::vector<float>& crop) {
  return (static_cast<double>(crop[16 * 32 + 24]) - static_cast<double>(crop[16 * 32 + 8])) * 2;
}
double HeightOf(const std::vector<float>& crop) {
  return (static_cast<double>(crop[kPixels + 24 * 32 + 16]) -
          static_cast<double>(crop[kPixels + 8 * 32 + 16])) *
         2;
}

TEST_CASE("crops cover from 8 to 100% of the picture, at an aspect from 3/4 to 4/3, all of both") {
  const Image image = Ramps(240, 200);
  double smallest = 1;
  double largest = 0;
  double narrowest = 9;
  double widest = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::vector<float> crop = CropOf(image, kPlain, seed);
    const double area = WidthOf(crop) * HeightOf(crop) / (240 * 200);
    const double aspect = WidthOf(crop) / HeightOf(crop);
    smallest = std::min(smallest, area);
    largest = std::max(largest, area);
    narrowest = std::min(narrowest, aspect);
    widest = std::max(widest, aspect);
  }
  // Nearest neighbours are up to a pixel off at either end.
  CHECK(smallest == Approx(0.09).margin(0.03));
  CHECK(largest > 0.8);
  CHECK(largest < 1.03);
  CHECK(narrowest == Approx(0.75).margin(0.06));
  CHECK(widest == Approx(1.33).margin(0.08));
}

TEST_CASE("a crop is a function of its seed, and seeds give different crops") {
  const Image image = Ramps(100, 80);
  AugmentOptions options = kPlain;
  options.distortion = 0.4;
  options.mirror = true;
  std::set<std::vector<float>> crops;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CHECK(CropOf(image, options, seed) == CropOf(image, options, seed));
    crops.insert(CropOf(image, options, seed));
  }
  CHECK(crops.size() == 20);
}

TEST_CASE("half of the crops are mirrored") {
  AugmentOptions options = kPlain;
  options.mirror = true;
  int mirrored = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed)
    mirrored += WidthOf(CropOf(Ramps(100, 100), options, seed)) < 0 ? 1 : 0;
  CHECK(mirrored > 160);
  CHECK(mirrored < 240);
}

TEST_CASE("a picture of one colour stays that colour, whatever the interpolation, less the mean") {
  AugmentOptions options = kPlain;
  options.mean_bgr = {1, 2, 3};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<float> crop = CropOf(MakeImage(50, 70, 10, 100, 200), options, seed);
    for (std::size_t i = 0; i < kPixels; ++i) {
      REQUIRE(crop[i] == Approx(9).margin(1e-3));
      REQUIRE(crop[kPixels + i] == Approx(98).margin(1e-3));
      REQUIRE(crop[2 * kPixels + i] == Approx(197).margin(1e-3));
    }
  }
}

TEST_CASE("distortion changes colours within 0 to 255 and leaves gray gray") {
  AugmentOptions options = kPlain;
  options.distortion = 0.5;
  std::set<float> grays;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const std::vector<float> gray = CropOf(MakeImage(50, 50, 120, 120, 120), options, seed);
    REQUIRE(gray.front() == Approx(gray[kPixels]).margin(1e-2));
    REQUIRE(gray.front() == Approx(gray[2 * kPixels]).margin(1e-2));
    grays.insert(gray.front());
    for (const float value : CropOf(MakeImage(50, 50, 250, 10, 200), options, seed)) {
      REQUIRE(value >= 0);
      REQUIRE(value <= 255);
    }
  }
  CHECK(*grays.begin() < 90);
  CHECK(*grays.rbegin() > 150);
}

TEST_CASE("options out of range are refused by name") {
  CHECK_THROWS_WITH(AugmentOptions{.min_area = 0}.Validate(), Catch::Contains("min_area"));
  CHECK_THROWS_WITH(AugmentOptions{.distortion = 1}.Validate(), Catch::Contains("distortion"));
}

}  // namespace
}  // namespace deeper
