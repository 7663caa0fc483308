#include "backbone/files/weight_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "backbone/files/caffemodel.h"
#include "backbone/files/other_models.h"
#include "backbone/files/quantization_json.h"
#include "backbone/files/safetensors.h"
#include "backbone/files/stored_floats.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/remedy.h"
#include "core/text/json_check.h"

namespace deeper {
namespace {

constexpr std::string_view kBackbonePrefix = "backbone/";
constexpr const char* kFormatKey = "format";
constexpr const char* kFormat = "deeper-backbone";
constexpr const char* kFingerprintKey = "fingerprint";
constexpr const char* kDetectorKey = "deeper";  // detectors describe themselves under it
constexpr const char* kQuantizationKey = "quantization";
constexpr int kQuantizationDepth = 4;  // of nested JSON

// Whether the file begins as safetensors do: a header length that the file can hold, and a "{".
bool IsSafetensors(const std::filesystem::path& path) {
  const InputFile file(path);
  std::array<std::uint8_t, 9> start{};
  if (file.size() < start.size()) return false;
  file.ReadAt(0, start);
  std::uint64_t length = 0;
  std::memcpy(&length, start.data(), sizeof length);
  return start.back() == '{' && length < file.size();
}

// The backbone's part of a file's tensors: all of them, or those with the prefix where some have
// it.
Weights WeightsFrom(const Safetensors& content, const std::string& source) {
  const bool is_part = std::ranges::any_of(
      content.tensors, [](const auto& item) { return item.first.starts_with(kBackbonePrefix); });
  if (!is_part && content.metadata.contains(kDetectorKey)) {
    throw ErrorWithRemedy(
        source +
            ": expected a network, found a detector that names its network and holds none; name "
            "the network's own file, whose fingerprint the detector tells",
        Remedy::kReadFingerprint);
  }
  Weights weights;
  for (const auto& [name, stored] : content.tensors) {
    if (is_part && !name.starts_with(kBackbonePrefix)) continue;
    const std::string blob_name = is_part ? name.substr(kBackbonePrefix.size()) : name;
    try {
      weights.emplace(blob_name, LoadTensor(stored, name));
    } catch (const Error& error) {
      throw Error(source + ": " + error.what());
    }
  }
  return weights;
}

Weights ReadSafetensorsWeights(const std::filesystem::path& path) {
  const Safetensors content = ReadSafetensors(path);
  Weights weights = WeightsFrom(content, path.string());
  const auto expected = content.metadata.find(kFingerprintKey);
  if (expected == content.metadata.end()) return weights;
  const std::string found = FingerprintOf(weights);
  if (found != expected->second) {
    throw Error(path.string() + ": its values have fingerprint " + found + ", but the file says " +
                expected->second + "; it is damaged");
  }
  return weights;
}

}  // namespace

Weights ReadBackboneWeights(const std::filesystem::path& path) {
  const bool is_safetensors = IsSafetensors(path);
  if (!is_safetensors) RefuseOtherModels(path);
  Weights weights = is_safetensors ? ReadSafetensorsWeights(path) : ReadCaffemodel(path);
  ValidateGoogLeNetWeights(weights, path.string());
  return weights;
}

std::optional<Quantization> ReadBackboneQuantization(const std::filesystem::path& path) {
  if (!IsSafetensors(path)) return std::nullopt;
  const auto metadata = ReadSafetensorsMetadata(path);
  const auto found = metadata.find(kQuantizationKey);
  if (found == metadata.end()) return std::nullopt;
  const std::string where = path.string() + ": quantization";
  CheckJson(found->second, kQuantizationDepth, where);
  const Json json = Json::parse(found->second);
  return QuantizationFrom(JsonObject(json, where));
}

void WriteBackboneWeights(const Weights& weights,
                          const std::filesystem::path& path,
                          const std::optional<Quantization>& quantization) {
  Safetensors content{
      .tensors = {},
      .metadata = {{kFormatKey, kFormat}, {kFingerprintKey, FingerprintOf(weights)}}};
  if (quantization) content.metadata[kQuantizationKey] = JsonOf(*quantization).dump();
  for (const auto& [name, tensor] : weights) content.tensors.emplace(name, StoreTensor(tensor));
  WriteSafetensors(content, path);
}

}  // namespace deeper
