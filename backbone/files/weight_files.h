#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "backbone/execution/quantization.h"
#include "backbone/files/safetensors.h"
#include "backbone/weights.h"

namespace deeper {

// Reads the learned blobs of a Caffe NetParameter file, current ("layer") or V1 ("layers") format.
// Layers without blobs are skipped; the auxiliary training heads ("loss1/...", "loss2/...") are
// dropped. Throws Error naming the file, the place and what was expected when the file is missing,
// truncated or not a NetParameter, when a blob's shape disagrees with its number of values, or a
// value is not finite.
Weights ReadCaffemodel(const std::filesystem::path& path);

// Reads backbone weights from .caffemodel or .safetensors, decided by content, not by name, and
// validates them against the GoogLeNet table. bf16 and f16 tensors are widened to f32. Of a file
// that also holds other things (a detector's model), the tensors called "backbone/..." are the
// backbone. Throws Error naming the file and what is wrong; also when the file names a fingerprint
// and its values have another.
Weights ReadBackboneWeights(const std::filesystem::path& path);

// Writes weights as f32 safetensors, whole or not at all, with {"format": "deeper-backbone",
// "fingerprint": ...} as metadata, and "quantization" (JSON) where there is one.
void WriteBackboneWeights(const Weights& weights,
                          const std::filesystem::path& path,
                          const std::optional<Quantization>& quantization = std::nullopt);

// The quantization that such a file holds; nothing where it has none, as .caffemodel files. Throws
// Error naming the file when it does not fit GoogLeNet.
std::optional<Quantization> ReadBackboneQuantization(const std::filesystem::path& path);

// Whether bf16, the upper half of f32, holds every value exactly: then half the bytes will do.
bool FitsBf16(const Tensor& tensor);

// A blob of the network as it lies in a safetensors file, with all four sizes, and back: sizes that
// are missing behind are 1. LoadTensor throws Error naming `name` for more than four sizes or for
// integers.
StoredTensor StoreTensor(const Tensor& tensor, DType dtype = DType::kF32);
Tensor LoadTensor(const StoredTensor& stored, const std::string& name);

}  // namespace deeper
