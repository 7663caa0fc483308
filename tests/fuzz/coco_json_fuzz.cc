#include "eval/formats/coco.h"
#include "tests/fuzz/fuzz_target.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  const MemoryFile file(input);
  Answered([&] {
    const CocoDataset coco = ReadCocoDataset(file.path());
    ReadCocoLabels(file.path(), &coco.read.dataset, &coco.ids);
  });
  Answered([&] { ReadCocoLabels(file.path()); });
}
