#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace deeper {

enum class DType { kF32, kF16, kBf16, kI64, kI32, kI8, kU8 };

// Bytes of one value.
std::size_t SizeOf(DType dtype);

// A named array as it lies in a file: little-endian, dense, row-major, any number of dimensions.
struct StoredTensor {
  DType dtype = DType::kF32;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint8_t> bytes;

  bool operator==(const StoredTensor&) const = default;
};

// "F32", "BF16", ... as the file's header has it.
std::string NameOf(DType dtype);

// A safetensors file: 8-byte little-endian header length, JSON header, bytes.
struct Safetensors {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;  // "__metadata__"

  bool operator==(const Safetensors&) const = default;
};

// Throws Error naming the file and what is wrong: missing, shorter than its header says, header not
// JSON or with duplicate names, unknown dtype, shape and offsets that disagree, offsets that
// overlap, leave a gap or pass the end. Sizes are checked before memory is taken.
Safetensors ReadSafetensors(const std::filesystem::path& path);

// Writes whole or not at all; tensors in the order of their names, so the same content gives the
// same bytes.
void WriteSafetensors(const Safetensors& content, const std::filesystem::path& path);

// The metadata alone, without reading the tensors.
std::map<std::string, std::string> ReadSafetensorsMetadata(const std::filesystem::path& path);

}  // namespace deeper
