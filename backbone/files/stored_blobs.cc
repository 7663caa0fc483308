#include "backbone/files/stored_blobs.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "backbone/files/stored_floats.h"
#include "backbone/kernels/largest_magnitude.h"
#include "backbone/kernels/layout.h"
#include "core/error.h"

namespace deeper {
namespace {

constexpr std::string_view kStepSuffix = ".step";
constexpr float kSteps = 127;

std::size_t RowLength(const Tensor& blob) {
  return blob.shape.n == 0 ? 0 : blob.data.size() / blob.shape.n;
}

std::span<const float> RowOf(const Tensor& blob, std::size_t row) {
  return std::span(blob.data).subspan(row * RowLength(blob), RowLength(blob));
}

// The step of a row that is rounded: its largest magnitude is 127 of them, and 127 times a bf16
// number is exact in f32.
float StepOf(std::span<const float> rounded_row) { return LargestMagnitude(rounded_row) / kSteps; }

// A whole number of steps, never -0.
float InSteps(float value, float step) { return step > 0 ? std::round(value / step) + 0.0F : 0.0F; }

bool AreSameBits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

// What I8 holds, or nothing unless it is all of the blob.
std::optional<StoredTensor> AsBytes(const Tensor& blob) {
  if (RowLength(blob) < 2) return std::nullopt;
  const Shape& shape = blob.shape;
  StoredTensor stored = {
      .dtype = DType::kI8, .shape = {shape.n, shape.c, shape.h, shape.w}, .bytes = {}};
  stored.bytes.reserve(blob.data.size());
  for (std::size_t row = 0; row < shape.n; ++row) {
    const std::span<const float> values = RowOf(blob, row);
    const float step = StepOf(values);
    for (const float value : values) {
      const float steps = InSteps(value, step);
      if (!(std::abs(steps) <= kSteps) || !AreSameBits(steps * step, value)) return std::nullopt;
      stored.bytes.push_back(static_cast<std::uint8_t>(static_cast<std::int8_t>(steps)));
    }
  }
  return stored;
}

StoredTensor StepsOf(const Tensor& blob) {
  std::vector<float> steps;
  for (std::size_t row = 0; row < blob.shape.n; ++row) steps.push_back(StepOf(RowOf(blob, row)));
  return StoreFloats(steps, {steps.size()});
}

Tensor FromBytes(const StoredTensor& stored,
                 const std::vector<float>& steps,
                 const std::string& name) {
  Tensor blob = LoadTensor({.dtype = DType::kF32, .shape = stored.shape, .bytes = {}}, name);
  if (steps.size() != blob.shape.n) {
    throw Error("tensor '" + name + "' has " + std::to_string(blob.shape.n) + " rows, but " +
                std::to_string(steps.size()) + " steps");
  }
  blob.data.reserve(stored.bytes.size());
  const std::size_t length = steps.empty() ? 0 : stored.bytes.size() / steps.size();
  for (std::size_t row = 0; row < steps.size(); ++row) {
    for (const std::uint8_t byte : std::span(stored.bytes).subspan(row * length, length))
      blob.data.push_back(static_cast<float>(static_cast<std::int8_t>(byte)) * steps[row]);
  }
  return blob;
}

}  // namespace

Tensor RoundedToBytes(Tensor blob) {
  const std::size_t length = RowLength(blob);
  if (length < 2) return blob;
  for (std::size_t row = 0; row < blob.shape.n; ++row) {
    const std::span<float> values = std::span(blob.data).subspan(row * length, length);
    const float rounded =
        kernels::FloatFromBf16(kernels::Bf16FromFloat(LargestMagnitude(values) / kSteps));
    const float step = std::isnormal(rounded) ? rounded : 0;  // tiny rows become zeros
    for (float& value : values) value = InSteps(value, step) * step;
  }
  return blob;
}

void StoreBlob(const std::string& name,
               const Tensor& blob,
               std::map<std::string, StoredTensor>& tensors) {
  if (std::optional<StoredTensor> bytes = AsBytes(blob)) {
    tensors[name] = *std::move(bytes);
    tensors[name + std::string(kStepSuffix)] = StepsOf(blob);
    return;
  }
  tensors[name] = StoreTensor(blob, FitsBf16(blob) ? DType::kBf16 : DType::kF32);
}

Weights LoadBlobs(const std::map<std::string, StoredTensor>& tensors) {
  Weights blobs;
  for (const auto& [name, stored] : tensors) {
    if (name.ends_with(kStepSuffix)) {
      const auto of = tensors.find(name.substr(0, name.size() - kStepSuffix.size()));
      if (of == tensors.end() || of->second.dtype != DType::kI8)
        throw Error("tensor '" + name + "' holds steps of no I8 tensor");
      continue;
    }
    if (stored.dtype != DType::kI8) {
      blobs.emplace(name, LoadTensor(stored, name));
      continue;
    }
    const auto steps = tensors.find(name + std::string(kStepSuffix));
    if (steps == tensors.end())
      throw Error("tensor '" + name + "' holds I8 without '" + name + ".step'");
    blobs.emplace(name, FromBytes(stored, LoadFloats(steps->second, steps->first), name));
  }
  return blobs;
}

}  // namespace deeper
