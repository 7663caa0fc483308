#pragma once

#include <string>

namespace deeper {

// The arithmetic of the convolutions. Features and probabilities come out as f32 in every case.
// int8: activations of 8 bits without a sign, weights of 8 bits with one, exact sums.
enum class Precision { kF32, kBf16, kInt8 };

std::string NameOf(Precision precision);  // "f32", "bf16", "int8"

// The precision of this name; throws Error listing the known ones otherwise.
Precision PrecisionFromName(const std::string& name);

// Whether the processor runs the precision natively: f32 always, bf16 with AVX512_BF16, int8 with
// AVX2. Without AVX512_VNNI int8's weights are a little coarser, so that no sum saturates.
bool ProcessorRuns(Precision precision);

// The fastest precision that the processor runs natively: int8 only where the network has a
// quantization.
Precision FastestPrecision(bool has_quantization);

}  // namespace deeper
