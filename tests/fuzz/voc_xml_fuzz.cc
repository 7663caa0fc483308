#include <cmath>
#include <cstdlib>

#include "eval/formats/voc.h"
#include "tests/fuzz/fuzz_target.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  const MemoryFile file(input);
  Answered([&] {
    for (const VocObject& object : ReadVocAnnotation(file.path()).objects) {
      const Box& box = object.box;
      if (!(box.x0 < box.x1 && box.y0 < box.y1 && std::isfinite(box.x1 - box.x0))) std::abort();
    }
  });
  Answered([&] { ReadVocAnnotation(file.path(), Clipping::kNone); });
}
