#include "backbone/files/caffemodel.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backbone/files/protobuf_wire.h"
#include "core/error.h"
#include "core/files/file.h"

// The few fields of Caffe's caffe.proto that carry learned values, read from the wire format
// itself.

namespace deeper {
namespace {

using google::protobuf::io::CodedInputStream;
using Bytes = std::span<const std::uint8_t>;

static_assert(std::endian::native == std::endian::little, "files are little-endian, as we are");

// Numbers of the fields, named as in caffe.proto.
namespace net_parameter {
constexpr int kLayersV1 = 2;
constexpr int kLayer = 100;
}  // namespace net_parameter
namespace layer_parameter {
constexpr int kName = 1;
constexpr int kBlobs = 7;
}  // namespace layer_parameter
namespace v1_layer_parameter {
constexpr int kName = 4;
constexpr int kBlobs = 6;
}  // namespace v1_layer_parameter
namespace blob_proto {
constexpr int kNum = 1;  // then channels, height and width: the shape of old files
constexpr int kWidth = 4;
constexpr int kData = 5;
constexpr int kShape = 7;
constexpr int kDoubleData = 8;
}  // namespace blob_proto
namespace blob_shape {
constexpr int kDim = 1;
}  // namespace blob_shape

// One field of a message: a number, or the bytes of what is longer (a text, a message, packed
// numbers).
struct Field {
  int number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t value = 0;  // of a varint
  Bytes bytes;              // of the other types
};

// Walks over the fields of one message that lies in a file.
class MessageReader {
 public:
  // `message` is a part of `file`, whose name `source` begins the messages of errors.
  MessageReader(Bytes message, Bytes file, const std::string& source)
      : message_(message),
        file_(file),
        source_(source),
        input_(message.data(), static_cast<int>(message.size())) {}

  // The next field; nothing at the end of the message.
  std::optional<Field> Next() {
    if (Position() == message_.size()) return std::nullopt;
    const std::uint32_t tag = input_.ReadTag();
    Field field{.number = static_cast<int>(tag >> kWireTypeBits),
                .type = static_cast<WireType>(tag & ((1U << kWireTypeBits) - 1)),
                .value = 0,
                .bytes = {}};
    if (field.number == 0) Fail("has no field there");
    switch (field.type) {
      case WireType::kVarint:
        if (!input_.ReadVarint64(&field.value)) Fail("has a broken number there");
        break;
      case WireType::kFixed32:
        field.bytes = Take(sizeof(std::uint32_t));
        break;
      case WireType::kFixed64:
        field.bytes = Take(sizeof(std::uint64_t));
        break;
      case WireType::kBytes: {
        std::uint32_t length = 0;
        if (!input_.ReadVarint32(&length)) Fail("has a broken length there");
        field.bytes = Take(length);
        break;
      }
      default:
        Fail("has a field of an unknown kind there");
    }
    return field;
  }

  // Throws Error saying where in the file we are.
  [[noreturn]] void Fail(const std::string& what) const {
    const std::size_t at = static_cast<std::size_t>(message_.data() - file_.data()) + Position();
    throw Error(source_ + ": at byte " + std::to_string(at) + " of " +
                std::to_string(file_.size()) + ": " + what +
                "; the file is truncated, damaged or not a Caffe NetParameter");
  }

  // The reader of a field that is itself a message.
  MessageReader Inner(const Field& field) const {
    if (field.type != WireType::kBytes) Fail("has a number where a message was expected");
    return {field.bytes, file_, source_};
  }

 private:
  std::size_t Position() const { return static_cast<std::size_t>(input_.CurrentPosition()); }

  Bytes Take(std::size_t count) {
    const std::size_t left = message_.size() - Position();
    if (count > left) {
      Fail("needs " + std::to_string(count) + " bytes where only " + std::to_string(left) +
           " are left");
    }
    const Bytes bytes = message_.subspan(Position(), count);
    input_.Skip(static_cast<int>(count));
    return bytes;
  }

  Bytes message_;
  Bytes file_;
  const std::string& source_;
  CodedInputStream input_;
};

struct Blob {
  std::vector<std::uint64_t> dims;
  bool has_old_shape = false;  // 4 sizes, whatever the layer: a bias is (1, 1, 1, n)
  std::vector<float> values;
};

// Appends to `values` the numbers of type Number that `field` holds, packed or one alone.
template <typename Number>
void AppendNumbers(const MessageReader& reader, const Field& field, std::vector<float>& values) {
  if (field.bytes.size() % sizeof(Number) != 0 || field.type == WireType::kVarint) {
    reader.Fail("has values that are not whole numbers of " + std::to_string(sizeof(Number)) +
                " bytes");
  }
  const std::size_t old_size = values.size();
  const std::size_t count = field.bytes.size() / sizeof(Number);
  values.resize(old_size + count);
  for (std::size_t i = 0; i < count; ++i) {
    Number number{};
    std::memcpy(&number, field.bytes.data() + i * sizeof(Number), sizeof(Number));
    values[old_size + i] = static_cast<float>(number);
  }
}

// The sizes of a BlobShape, whose "dim" is packed or not.
std::vector<std::uint64_t> ReadShape(MessageReader reader) {
  std::vector<std::uint64_t> dims;
  while (const auto field = reader.Next()) {
    if (field->number != blob_shape::kDim) continue;
    if (field->type != WireType::kBytes) {
      dims.push_back(field->value);
      continue;
    }
    CodedInputStream packed(field->bytes.data(), static_cast<int>(field->bytes.size()));
    while (static_cast<std::size_t>(packed.CurrentPosition()) < field->bytes.size()) {
      std::uint64_t dim = 0;
      if (!packed.ReadVarint64(&dim)) reader.Fail("has a broken shape there");
      dims.push_back(dim);
    }
  }
  return dims;
}

Blob ReadBlob(MessageReader reader) {
  Blob blob;
  std::array<std::uint64_t, 4> old_shape{};
  while (const auto field = reader.Next()) {
    if (field->number >= blob_proto::kNum && field->number <= blob_proto::kWidth) {
      blob.has_old_shape = true;
      old_shape.at(static_cast<std::size_t>(field->number - blob_proto::kNum)) = field->value;
    } else if (field->number == blob_proto::kShape) {
      blob.dims = ReadShape(reader.Inner(*field));
    } else if (field->number == blob_proto::kData) {
      AppendNumbers<float>(reader, *field, blob.values);
    } else if (field->number == blob_proto::kDoubleData) {
      AppendNumbers<double>(reader, *field, blob.values);
    }
  }
  blob.has_old_shape = blob.has_old_shape && blob.dims.empty();
  if (blob.has_old_shape) blob.dims.assign(old_shape.begin(), old_shape.end());
  return blob;
}

// A layer as we name its blobs: those of the two formats differ in field numbers only.
struct LearnedLayer {
  std::string name;
  std::vector<Blob> blobs;
};

LearnedLayer ReadLayer(MessageReader reader, int name_field, int blobs_field) {
  LearnedLayer learned;
  while (const auto field = reader.Next()) {
    if (field->number == name_field && field->type == WireType::kBytes) {
      learned.name.assign(field->bytes.begin(), field->bytes.end());
    } else if (field->number == blobs_field) {
      learned.blobs.push_back(ReadBlob(reader.Inner(*field)));
    }
  }
  return learned;
}

// Product of the sizes; nothing when it does not fit.
std::optional<std::uint64_t> CountOf(std::span<const std::uint64_t> dims) {
  std::uint64_t count = 1;
  for (const std::uint64_t dim : dims) {
    if (dim != 0 && count > std::numeric_limits<std::uint64_t>::max() / dim) return std::nullopt;
    count *= dim;
  }
  return count;
}

std::string TextOf(std::span<const std::uint64_t> dims) {
  std::string text;
  for (const std::uint64_t dim : dims) text += (text.empty() ? "" : ", ") + std::to_string(dim);
  return "(" + text + ")";
}

// Our shape of a blob: sizes that are not there are 1 and stand behind. Old files have them in
// front, where a linear layer is (1, 1, out, in).
Shape ShapeOf(const Blob& blob, bool is_bias) {
  if (is_bias) return {.n = blob.values.size(), .c = 1, .h = 1, .w = 1};
  std::array<std::uint64_t, 4> sizes = {1, 1, 1, 1};
  std::ranges::copy(blob.dims, sizes.begin());
  if (blob.has_old_shape && sizes[0] == 1 && sizes[1] == 1) {
    sizes = {sizes[2], sizes[3], 1, 1};
  }
  return {.n = sizes[0], .c = sizes[1], .h = sizes[2], .w = sizes[3]};
}

Tensor TensorFrom(Blob blob, bool is_bias, const std::string& where) {
  if (blob.dims.empty() || blob.dims.size() > 4) {
    throw Error(where + " has " + std::to_string(blob.dims.size()) +
                " dimensions, expected 1 to 4");
  }
  if (CountOf(blob.dims) != blob.values.size()) {
    throw Error(where + " has " + std::to_string(blob.values.size()) +
                " values, but its shape is " + TextOf(blob.dims) + "; the file is damaged");
  }
  const auto longest = std::ranges::max(blob.dims);
  if (is_bias && longest != blob.values.size()) {
    throw Error(where + " has shape " + TextOf(blob.dims) + ", expected one dimension");
  }
  const auto bad = std::ranges::find_if(blob.values, [](float v) { return !std::isfinite(v); });
  if (bad != blob.values.end()) {
    throw Error(where + " has the value " + std::to_string(*bad) + " at " +
                std::to_string(bad - blob.values.begin()) +
                ", expected finite numbers; the file is damaged");
  }
  const Shape shape = ShapeOf(blob, is_bias);
  return {.shape = shape, .data = std::move(blob.values)};
}

// The classifiers on 4a and 4d, which only training uses (Szegedy et al. 2014, section 5).
bool IsAuxiliaryHead(const std::string& name) {
  return name.starts_with("loss1/") || name.starts_with("loss2/");
}

void AddLayer(LearnedLayer learned, const std::string& source, Weights& weights) {
  if (learned.blobs.empty() || IsAuxiliaryHead(learned.name)) return;
  if (learned.blobs.size() > 2) {
    throw Error(source + ": layer '" + learned.name + "' has " +
                std::to_string(learned.blobs.size()) + " blobs, expected a weight and a bias");
  }
  for (std::size_t i = 0; i < learned.blobs.size(); ++i) {
    const std::string name = learned.name + (i == 0 ? "/weight" : "/bias");
    const std::string where = source + ": '" + name + "'";
    Tensor tensor = TensorFrom(std::move(learned.blobs[i]), i == 1, where);
    if (!weights.emplace(name, std::move(tensor)).second) {
      throw Error(where + " is there twice, expected once");
    }
  }
}

}  // namespace

Weights ReadCaffemodel(const std::filesystem::path& path) {
  // Protocol buffers count bytes in an int.
  const std::vector<std::uint8_t> file = ReadFile(path, std::numeric_limits<int>::max());
  const std::string source = path.string();
  Weights weights;
  MessageReader reader(file, file, source);
  while (const auto field = reader.Next()) {
    if (field->number == net_parameter::kLayer) {
      AddLayer(ReadLayer(reader.Inner(*field), layer_parameter::kName, layer_parameter::kBlobs),
               source,
               weights);
    } else if (field->number == net_parameter::kLayersV1) {
      AddLayer(
          ReadLayer(reader.Inner(*field), v1_layer_parameter::kName, v1_layer_parameter::kBlobs),
          source,
          weights);
    }
  }
  if (weights.empty()) {
    throw Error(source + ": holds no learned layers, expected a Caffe NetParameter with weights");
  }
  return weights;
}

}  // namespace deeper
