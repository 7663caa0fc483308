#include "detector/multibox/multibox_file.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "backbone/files/stored_blobs.h"
#include "backbone/files/stored_floats.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "core/error.h"
#include "core/remedy.h"

namespace deeper {
namespace {

constexpr std::string_view kPrefix = "multibox/";
constexpr std::string_view kPriors = "priors";
constexpr std::string_view kMean = "mean_bgr";
const std::string kFormatKey = "format";
const std::string kFormat = "deeper-multibox";
const std::string kFingerprintKey = "multibox_fingerprint";

std::string NameInFile(std::string_view name) { return std::string(kPrefix) + std::string(name); }

// (K, 2, 4, 1).
Tensor TensorOf(const std::vector<MultiBoxPrior>& priors) {
  Tensor tensor = {.shape = {priors.size(), 2, 4, 1}, .data = {}};
  for (const MultiBoxPrior& prior : priors) {
    tensor.data.insert(tensor.data.end(), prior.mean.begin(), prior.mean.end());
    tensor.data.insert(tensor.data.end(), prior.deviation.begin(), prior.deviation.end());
  }
  return tensor;
}

std::vector<MultiBoxPrior> PriorsOf(const Tensor& tensor) {
  std::vector<MultiBoxPrior> priors(tensor.shape.n);
  for (std::size_t i = 0; i < priors.size(); ++i) {
    std::copy_n(
        tensor.data.begin() + static_cast<std::ptrdiff_t>(8 * i), 4, priors[i].mean.begin());
    std::copy_n(tensor.data.begin() + static_cast<std::ptrdiff_t>(8 * i + 4),
                4,
                priors[i].deviation.begin());
  }
  return priors;
}

Tensor TensorOf(const std::array<float, 3>& mean_bgr) {
  return {.shape = {3, 1, 1, 1}, .data = {mean_bgr.begin(), mean_bgr.end()}};
}

// Removes the blob `name` from those of a file.
Tensor Take(Weights& blobs, std::string_view name, const std::string& source) {
  auto node = blobs.extract(std::string(name));
  if (node.empty()) throw Error(source + ": tensor '" + NameInFile(name) + "' is missing");
  return std::move(node.mapped());
}

}  // namespace

std::map<std::string, StoredTensor> TensorsOf(const MultiBox& multibox, const Weights& backbone) {
  std::map<std::string, StoredTensor> tensors;
  tensors[NameInFile(kPriors)] =
      StoreFloats(TensorOf(multibox.priors).data, {multibox.priors.size(), 2, 4});
  tensors[NameInFile(kMean)] = StoreFloats(multibox.mean_bgr, {multibox.mean_bgr.size()});
  for (const auto& [name, blob] : multibox.weights) {
    const auto shared = backbone.find(name);
    if (shared != backbone.end() && shared->second == blob) continue;
    StoreBlob(NameInFile(name), blob, tensors);
  }
  return tensors;
}

std::map<std::string, StoredTensor> ExtractMultiBox(std::map<std::string, StoredTensor>& tensors) {
  std::map<std::string, StoredTensor> extracted;
  auto item = tensors.lower_bound(std::string(kPrefix));
  while (item != tensors.end() && item->first.starts_with(kPrefix))
    extracted.insert(tensors.extract(item++));
  return extracted;
}

MultiBox MultiBoxFrom(const std::map<std::string, StoredTensor>& tensors,
                      const Weights& backbone,
                      const std::string& source) {
  MultiBox multibox;
  try {
    for (auto& [name, blob] : LoadBlobs(tensors))
      multibox.weights.emplace(name.substr(kPrefix.size()), std::move(blob));
  } catch (const Error& error) {
    throw Error(source + ": " + error.what());
  }
  const Tensor priors = Take(multibox.weights, kPriors, source);
  const Tensor mean = Take(multibox.weights, kMean, source);
  if (priors.shape != Shape{priors.shape.n, 2, 4, 1} || mean.shape != Shape{3, 1, 1, 1}) {
    throw Error(source + ": '" + NameInFile(kPriors) + "' must be boxes x 2 x 4 and '" +
                NameInFile(kMean) + "' 3 values");
  }
  multibox.priors = PriorsOf(priors);
  std::ranges::copy(mean.data, multibox.mean_bgr.begin());
  for (const Layer& layer : GoogLeNetConvolutions()) {
    for (const std::string& name : {WeightName(layer.name), BiasName(layer.name)}) {
      const auto shared = backbone.find(name);
      if (shared != backbone.end()) multibox.weights.insert(*shared);
    }
  }
  return multibox;
}

std::string FingerprintOf(const MultiBox& multibox) {
  Weights all = multibox.weights;
  all[std::string(kPriors)] = TensorOf(multibox.priors);
  all[std::string(kMean)] = TensorOf(multibox.mean_bgr);
  return FingerprintOf(all);
}

MultiBox RoundedToBf16(MultiBox multibox) {
  for (auto& [name, blob] : multibox.weights) {
    for (float& value : blob.data) value = kernels::FloatFromBf16(kernels::Bf16FromFloat(value));
  }
  return multibox;
}

MultiBox RoundedBeside(const Weights& backbone, MultiBox multibox) {
  for (auto& [name, blob] : multibox.weights) {
    const auto shared = backbone.find(name);
    if (shared == backbone.end() || shared->second != blob) blob = RoundedToBytes(std::move(blob));
  }
  return multibox;
}

void SaveMultiBox(const MultiBox& multibox, const std::filesystem::path& path) {
  ValidateMultiBox(multibox, path.string());
  WriteSafetensors(
      {.tensors = TensorsOf(multibox, {}),
       .metadata = {{kFormatKey, kFormat}, {kFingerprintKey, FingerprintOf(multibox)}}},
      path);
}

MultiBox ReadMultiBoxFile(const std::filesystem::path& path) {
  const std::string source = path.string();
  const std::map<std::string, std::string> metadata = ReadSafetensorsMetadata(path);
  const auto format = metadata.find(kFormatKey);
  const auto fingerprint = metadata.find(kFingerprintKey);
  if (format == metadata.end() || format->second != kFormat || fingerprint == metadata.end()) {
    throw ErrorWithRemedy(source + ": is no MultiBox and no detector's file; train one",
                          Remedy::kTrainMultiBox);
  }
  Safetensors content = ReadSafetensors(path);
  MultiBox multibox = MultiBoxFrom(ExtractMultiBox(content.tensors), {}, source);
  if (!content.tensors.empty()) {
    throw Error(source + ": tensor '" + content.tensors.begin()->first + "' is unknown");
  }
  ValidateMultiBox(multibox, source);
  const std::string found = FingerprintOf(multibox);
  if (found != fingerprint->second) {
    throw Error(source + ": its content has fingerprint " + found + ", but the file says " +
                fingerprint->second + "; it is damaged");
  }
  return multibox;
}

}  // namespace deeper
