#include <optional>

#include "core/pictures/image_header.h"
#include "tests/fuzz/fuzz_target.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  Answered([&] {
    const std::optional<ImageHeader> header = ReadImageHeader(input, "input");
    if (header) CheckPixels(header->width, header->height, 100'000'000, "input");
  });
}
