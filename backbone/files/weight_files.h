#pragma once

#include <filesystem>
#include <optional>

#include "backbone/execution/quantization.h"
#include "backbone/weights.h"

namespace deeper {

// Reads backbone weights and validates them against the GoogLeNet table. The content of the file
// decides whether it is read as .caffemodel or as .safetensors, not its name. bf16 and f16 tensors
// are widened to f32. A file may also hold other things (a detector's model): then the tensors
// called "backbone/..." are the backbone. Throws Error naming the file and what is wrong, also when
// the file names a fingerprint and its values have another.
Weights ReadBackboneWeights(const std::filesystem::path& path);

// Writes weights as f32 safetensors, whole or not at all. The metadata is
//   {"format": "deeper-backbone", "fingerprint": ...}
// with "quantization" (JSON) besides where there is one.
void WriteBackboneWeights(const Weights& weights,
                          const std::filesystem::path& path,
                          const std::optional<Quantization>& quantization = std::nullopt);

// The quantization that such a file holds; nothing where it holds none, as a .caffemodel file never
// does. Throws Error naming the file when the quantization does not fit GoogLeNet.
std::optional<Quantization> ReadBackboneQuantization(const std::filesystem::path& path);

}  // namespace deeper
