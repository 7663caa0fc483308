#include "proposals/colour_space.h"

#include <barrier>
#include <thread>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

std::vector<int> PixelIn(ColourSpace space,
                         std::uint8_t blue,
                         std::uint8_t green,
                         std::uint8_t red) {
  const ColourPlanes planes = ConvertColour(MakeImage(2, 1, blue, green, red), space);
  std::vector<int> pixel;
  for (int channel = 0; channel < planes.channels; ++channel)
    pixel.push_back(planes.Plane(channel)[1]);
  return pixel;
}

TEST_CASE("Hue runs over 0..255 for a full turn, and gray has hue 0") {
  CHECK(PixelIn(ColourSpace::kHsv, 0, 0, 255) == std::vector<int>{0, 255, 255});
  CHECK(PixelIn(ColourSpace::kHsv, 0, 255, 0) == std::vector<int>{85, 255, 255});
  CHECK(PixelIn(ColourSpace::kHsv, 255, 0, 0) == std::vector<int>{170 + 1, 255, 255});
  CHECK(PixelIn(ColourSpace::kHsv, 90, 90, 90) == std::vector<int>{0, 0, 90});
}

TEST_CASE("Lab puts white at L 255 and neutral a and b at 128") {
  CHECK(PixelIn(ColourSpace::kLab, 255, 255, 255) == std::vector<int>{255, 128, 128});
  CHECK(PixelIn(ColourSpace::kLab, 0, 0, 0) == std::vector<int>{0, 128, 128});
  // CIE: sRGB red is L* 53.24, a* 80.09, b* 67.20.
  CHECK(PixelIn(ColourSpace::kLab, 0, 0, 255) == std::vector<int>{136, 208, 195});
}

TEST_CASE("Normalised red and green do not change with brightness, the intensity does") {
  CHECK(PixelIn(ColourSpace::kRgi, 20, 40, 60) == std::vector<int>{128, 85, 40});
  CHECK(PixelIn(ColourSpace::kRgi, 40, 80, 120) == std::vector<int>{128, 85, 80});
  CHECK(PixelIn(ColourSpace::kRgi, 0, 0, 0) == std::vector<int>{85, 85, 0});
}

TEST_CASE("One-channel spaces are the hue of HSV and the weighted mean of red, green and blue") {
  CHECK(PixelIn(ColourSpace::kHue, 10, 200, 30) ==
        std::vector<int>{PixelIn(ColourSpace::kHsv, 10, 200, 30)[0]});
  CHECK(PixelIn(ColourSpace::kIntensity, 100, 0, 0) == std::vector<int>{11});
  CHECK(PixelIn(ColourSpace::kIntensity, 0, 100, 0) == std::vector<int>{59});
  CHECK(PixelIn(ColourSpace::kIntensity, 0, 0, 100) == std::vector<int>{30});
  CHECK(PixelIn(ColourSpace::kIntensity, 255, 255, 255) == std::vector<int>{255});
}

TEST_CASE("Planes keep the pixels in order") {
  Image image = MakeImage(3, 2, 0, 0, 0);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      image.bgr[3 * i + channel] = static_cast<std::uint8_t>(40 * i);
    }
  }
  const ColourPlanes planes = ConvertColour(image, ColourSpace::kHsv);
  REQUIRE(planes.PixelCount() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(planes.Plane(2)[i] == 40 * i);
}

TEST_CASE("Threads that convert the first picture at once all get its colours") {
  Image image = MakeImage(64, 64, 0, 0, 0);
  for (std::size_t i = 0; i < image.bgr.size(); ++i)
    image.bgr[i] = static_cast<std::uint8_t>(i * 7);
  constexpr int kThreads = 8;
  std::barrier all_ready(kThreads);
  std::vector<ColourPlanes> found(kThreads);
  {
    std::vector<std::jthread> threads;
    for (ColourPlanes& planes : found) {
      threads.emplace_back([&] {
        all_ready.arrive_and_wait();
        planes = ConvertColour(image, ColourSpace::kLab);
      });
    }
  }
  const ColourPlanes expected = ConvertColour(image, ColourSpace::kLab);
  for (const ColourPlanes& planes : found) CHECK(planes == expected);
}

TEST_CASE("An empty picture has no colours to convert") {
  CHECK_THROWS_AS(ConvertColour(Image{}, ColourSpace::kLab), ContractViolation);
}

}  // namespace
}  // namespace deeper
