#include "backbone/safetensors.h"
#include "backbone/weight_files.h"
#include "detector/model.h"
#include "tests/fuzz/fuzz_target.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  const MemoryFile file(input);
  Answered([&] { ReadSafetensorsMetadata(file.path()); });
  Answered([&] {
    for (const auto& tensor : ReadSafetensors(file.path()).tensors) {
      Answered([&] { LoadTensor(tensor.second, tensor.first); });
    }
  });
  Answered([&] { ReadBackboneWeights(file.path()); });
  Answered([&] { LoadModel(file.path()); });
}
