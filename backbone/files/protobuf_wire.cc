#include "backbone/files/protobuf_wire.h"

#include <cstring>

#include "core/error.h"

namespace deeper {
namespace {

std::string Tag(int field, WireType type) {
  Expects(field >= 1, "fields count from 1");
  return Varint((static_cast<std::uint64_t>(field) << kWireTypeBits) |
                static_cast<std::uint64_t>(type));
}

}  // namespace

std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7U) bytes += static_cast<char>((value & 127U) | 128U);
  return bytes + static_cast<char>(value);
}

std::string NumberField(int field, std::uint64_t value) {
  return Tag(field, WireType::kVarint) + Varint(value);
}

std::string FloatField(int field, float value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return Tag(field, WireType::kFixed32) + bytes;
}

std::string BytesField(int field, std::string_view bytes) {
  return Tag(field, WireType::kBytes) + Varint(bytes.size()) + std::string(bytes);
}

}  // namespace deeper
