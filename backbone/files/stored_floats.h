#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backbone/files/safetensors.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// Returns f32 values as a stored tensor: exact (kF32), or rounded to nearest even (kBf16, kF16).
// Expects values.size() to be the product of `shape`.
StoredTensor StoreFloats(std::span<const float> values,
                         std::vector<std::uint64_t> shape,
                         DType dtype = DType::kF32);

// The values of a kF32, kBf16 or kF16 tensor as f32. Throws Error naming `name` for other types.
std::vector<float> LoadFloats(const StoredTensor& tensor, const std::string& name);

// Whether bf16, the upper half of f32, holds every value exactly. Then half the bytes will do.
bool FitsBf16(const Tensor& tensor);

// A blob of the network as it lies in a safetensors file, and back. StoreTensor writes all four
// sizes; where a file has fewer, LoadTensor takes the last ones as 1. LoadTensor throws Error
// naming `name` for more than four sizes, for none, and for integers.
StoredTensor StoreTensor(const Tensor& tensor, DType dtype = DType::kF32);
Tensor LoadTensor(const StoredTensor& stored, const std::string& name);

// Rounds every value to the nearest bf16, ties to even.
void RoundToBf16(Weights& weights);

}  // namespace deeper
