#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace deeper {

// The wire format of protocol buffers, in which Caffe and ONNX keep networks. A message is the
// bytes of its fields, one behind the other.

// How a field is laid out. It is the lowest three bits of the field's tag.
enum class WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
inline constexpr unsigned kWireTypeBits = 3;

// A number in bytes of seven bits each, the lowest first.
std::string Varint(std::uint64_t value);

// The bytes of one field. Expects field >= 1.
std::string NumberField(int field, std::uint64_t value);
std::string FloatField(int field, float value);
std::string BytesField(int field, std::string_view bytes);  // a text, a message, packed numbers

}  // namespace deeper
