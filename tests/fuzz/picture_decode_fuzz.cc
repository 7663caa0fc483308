#include <cstdlib>

#include "core/pictures/read_image.h"
#include "tests/fuzz/fuzz_target.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  // Few pixels, so that many pictures are decoded in a second.
  constexpr std::int64_t kMostPixels = 40'000;
  const MemoryFile file(input);
  Answered([&] {
    const Image image = ReadImage(file.path(), {.max_pixels = kMostPixels});
    const auto pixels = std::int64_t{image.width} * image.height;
    if (pixels < 1 || pixels > kMostPixels) std::abort();
  });
  Answered([&] { ReadScaledImage(file.path(), 16, {.max_pixels = kMostPixels}); });
}
