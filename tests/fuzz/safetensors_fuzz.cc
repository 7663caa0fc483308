#include <map>
#include <string>

#include "backbone/files/safetensors.h"
#include "backbone/files/stored_blobs.h"
#include "backbone/files/stored_floats.h"
#include "backbone/files/weight_files.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox_file.h"
#include "tests/fuzz/fuzz_target.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  const MemoryFile file(input);
  Answered([&] { ReadSafetensorsMetadata(file.path()); });
  Answered([&] {
    const std::map<std::string, StoredTensor> tensors = ReadSafetensors(file.path()).tensors;
    for (const auto& item : tensors) Answered([&] { LoadTensor(item.second, item.first); });
    Answered([&] { LoadBlobs(tensors); });
  });
  Answered([&] { ReadBackboneWeights(file.path()); });
  Answered([&] { LoadModel(file.path()); });
  Answered([&] { LoadMultiBox(file.path()); });
}
