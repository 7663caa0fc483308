#include "backbone/files/caffemodel.h"
#include "tests/fuzz/fuzz_target.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  const MemoryFile file(input);
  Answered([&] { ReadCaffemodel(file.path()); });
}
