#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "backbone/files/safetensors.h"
#include "backbone/files/stored_blobs.h"
#include "backbone/files/stored_floats.h"
#include "backbone/files/weight_files.h"
#include "core/error.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace deeper::fuzz {
namespace {

constexpr std::size_t kDigits = 64;

// The digest that a model's content has, where the file has another one; a fuzzer alone would never
// find it. "" for other files.
std::string DigestOfModel(const MemoryFile& file) {
  constexpr std::string_view kBefore = "its content has SHA-256 ";
  try {
    LoadModel(file.path());
  } catch (const Error& error) {
    const std::string what = error.what();
    const std::size_t at = what.find(kBefore);
    if (at != std::string::npos) return what.substr(at + kBefore.size(), kDigits);
  }
  return {};
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  const MemoryFile file(input);
  Answered([&] { ReadSafetensorsMetadata(file.path()); });
  Answered([&] {
    const std::map<std::string, StoredTensor> tensors = ReadSafetensors(file.path()).tensors;
    for (const auto& item : tensors) Answered([&] { LoadTensor(item.second, item.first); });
    Answered([&] { LoadBlobs(tensors); });
  });
  Answered([&] { ReadBackboneWeights(file.path()); });
  Answered([&] { LoadMultiBox(file.path()); });
  const std::string digest = DigestOfModel(file);
  std::string bytes(input.begin(), input.end());
  constexpr std::string_view kKey = R"("sha256":")";
  const std::size_t at = bytes.find(kKey);
  if (digest.size() != kDigits || at == std::string::npos ||
      bytes.size() < at + kKey.size() + kDigits) {
    return;
  }
  bytes.replace(at + kKey.size(), kDigits, digest);
  const MemoryFile sound(
      std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  Answered([&] { LoadModel(sound.path()); });
}

}  // namespace deeper::fuzz
