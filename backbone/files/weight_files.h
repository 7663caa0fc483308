#pragma once

#include <filesystem>
#include <optional>

#include "backbone/execution/quantization.h"
#include "backbone/weights.h"

namespace deeper {

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

}  // namespace deeper
