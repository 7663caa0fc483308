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

// Reads a file. Throws Error naming the file and what is wrong:
//   the file is missing, or shorter than its header says;
//   the header is not JSON, has duplicate names or an unknown dtype;
//   shape and offsets disagree; offsets overlap, leave a gap or pass the end.
// Sizes are checked before memory is taken.
Safetensors ReadSafetensors(const std::filesystem::path& path);

// Writes a file, whole or not at all. Tensors stand in the order of their names, so the same
// content gives the same bytes.
void WriteSafetensors(const Safetensors& content, const std::filesystem::path& path);

// The metadata alone, without reading the tensors.
std::map<std::string, std::string> ReadSafetensorsMetadata(const std::filesystem::path& path);

}  // namespace deeper
