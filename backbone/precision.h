#pragma once

#include <optional>
#include <string>

namespace deeper {

// The arithmetic of the convolutions. Features and probabilities are f32 in every case.
// int8 has unsigned activations of 8 bits, signed weights of 8 bits, and exact sums.
enum class Precision { kF32, kBf16, kInt8 };

std::string NameOf(Precision precision);  // "f32", "bf16", "int8"

// The precision of this name; throws Error listing the known ones otherwise.
Precision PrecisionFromName(const std::string& name);

// Whether the processor runs the precision natively: f32 always, bf16 with AVX512_BF16, int8 with
// AVX2. Without AVX512_VNNI the weights of int8 are a little coarser, so that no sum saturates.
bool ProcessorRuns(Precision precision);

// The fastest precision of this processor, the same each time: int8 where it runs and there is a
// quantization, then bf16 where it is faster than f32: not on Intel's processors without AMX.
Precision FastestPrecision(bool has_quantization);

// What a network computes in, and why not in what was wanted.
struct ChosenPrecision {
  Precision precision = Precision::kF32;
  std::string remark;  // for people; "" where it is what was wanted
};

// `wanted` where the processor runs it, else the fastest that it does; nothing wanted: the fastest,
// with a remark where the processor lacks the narrowest that the network has.
ChosenPrecision ChoosePrecision(std::optional<Precision> wanted, bool has_quantization);

// `wanted` where the processor runs it, else `other`, with a remark that says so.
ChosenPrecision RunnableOr(Precision wanted, Precision other);

}  // namespace deeper
