#include "backbone/files/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "backbone/files/other_models.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_check.h"

namespace deeper {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::size_t kHeaderDepth = 3;                 // {name: {"shape": [...]}}
constexpr const char* kMetadata = "__metadata__";

struct DTypeRow {
  DType dtype;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<DTypeRow, 7> kDTypes = {{
    {DType::kF32, "F32", 4},
    {DType::kF16, "F16", 2},
    {DType::kBf16, "BF16", 2},
    {DType::kI64, "I64", 8},
    {DType::kI32, "I32", 4},
    {DType::kI8, "I8", 1},
    {DType::kU8, "U8", 1},
}};

const DTypeRow& RowOf(DType dtype) {
  const auto* row = std::ranges::find(kDTypes, dtype, &DTypeRow::dtype);
  Expects(row != kDTypes.end(), "the type is one of the table");
  return *row;
}

// a * b; nothing when it does not fit 64 bits.
std::optional<std::uint64_t> Product(std::uint64_t a, std::uint64_t b) {
  if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) return std::nullopt;
  return a * b;
}

// Bytes of a dense array; nothing when they do not fit 64 bits.
std::optional<std::uint64_t> BytesOf(DType dtype, std::span<const std::uint64_t> shape) {
  std::optional<std::uint64_t> bytes = SizeOf(dtype);
  if (std::ranges::find(shape, std::uint64_t{0}) != shape.end()) return 0;
  for (const std::uint64_t size : shape) {
    if (bytes) bytes = Product(*bytes, size);
  }
  return bytes;
}

// What the header says of one tensor; begin and end count from the first byte behind the header.
struct Entry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Header {
  std::vector<Entry> entries;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
  std::uintmax_t data_begin = 0;  // in the file
};

DType DTypeFrom(const Json& name, const std::string& where) {
  if (!name.is_string()) throw Error(where + " has a dtype that is not a text");
  const auto text = name.get<std::string>();
  const auto* row = std::ranges::find(kDTypes, std::string_view(text), &DTypeRow::name);
  if (row != kDTypes.end()) return row->dtype;
  throw Error(where + " has dtype '" + text +
              "', expected one of F32, F16, BF16, I64, I32, I8, U8");
}

std::vector<std::uint64_t> NumbersFrom(const Json& list,
                                       const char* key,
                                       const std::string& where) {
  const auto is_number = [](const Json& value) { return value.is_number_unsigned(); };
  if (!list.is_array() || !std::ranges::all_of(list, is_number)) {
    throw Error(where + " has a '" + key + "' that is not a list of whole numbers");
  }
  return list.get<std::vector<std::uint64_t>>();
}

Entry EntryFrom(const std::string& name, const Json& value, const std::string& source) {
  const std::string where = source + ": tensor '" + name + "'";
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
      !value.contains("shape") || !value.contains("data_offsets")) {
    throw Error(where + " must have exactly 'dtype', 'shape' and 'data_offsets'");
  }
  const auto offsets = NumbersFrom(value["data_offsets"], "data_offsets", where);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    throw Error(where + " must have two data_offsets, the second not below the first");
  }
  Entry entry{.name = name,
              .dtype = DTypeFrom(value["dtype"], where),
              .shape = NumbersFrom(value["shape"], "shape", where),
              .begin = offsets[0],
              .end = offsets[1]};
  const auto bytes = BytesOf(entry.dtype, entry.shape);
  if (bytes != entry.end - entry.begin) {
    throw Error(where + " has a shape of " + (bytes ? std::to_string(*bytes) : "over 2^64") +
                " bytes, but offsets of " + std::to_string(entry.end - entry.begin));
  }
  return entry;
}

std::map<std::string, std::string> MetadataFrom(const Json& value, const std::string& source) {
  const auto is_text = [](const Json& item) { return item.is_string(); };
  if (!value.is_object() || !std::ranges::all_of(value, is_text)) {
    throw Error(source + ": '" + kMetadata + "' must map texts to texts");
  }
  return value.get<std::map<std::string, std::string>>();
}

// Every byte behind the header belongs to exactly one tensor.
void CheckTiling(std::span<const Entry> entries,
                 std::uint64_t data_bytes,
                 const std::string& source) {
  std::uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != at) {
      throw Error(source + ": tensor '" + entry.name + "' begins at byte " +
                  std::to_string(entry.begin) + " of the data, expected " + std::to_string(at) +
                  ": tensors must neither overlap nor leave a gap");
    }
    at = entry.end;
  }
  if (at != data_bytes) {
    throw Error(source + ": the tensors take " + std::to_string(at) + " bytes, but " +
                std::to_string(data_bytes) +
                " follow the header; the file is truncated or has bytes too many");
  }
}

std::string HeaderText(const InputFile& file, const std::string& source) {
  if (file.size() < kLengthBytes) {
    RefuseOtherModels(source);
    throw Error(source + ": has " + std::to_string(file.size()) +
                " bytes, too few for a safetensors file");
  }
  std::uint64_t length = 0;
  std::array<std::uint8_t, kLengthBytes> length_bytes{};
  file.ReadAt(0, length_bytes);
  std::memcpy(&length, length_bytes.data(), kLengthBytes);
  if (length > kMaxHeaderBytes || length > file.size() - kLengthBytes) {
    RefuseOtherModels(source);
    throw Error(
        source + ": says that its header has " + std::to_string(length) +
        " bytes, expected at most " +
        std::to_string(std::min<std::uint64_t>(kMaxHeaderBytes, file.size() - kLengthBytes)) +
        "; it is truncated or not a safetensors file");
  }
  std::vector<std::uint8_t> text(static_cast<std::size_t>(length));
  file.ReadAt(kLengthBytes, text);
  return {text.begin(), text.end()};
}

Header ReadHeader(const InputFile& file, const std::string& source) {
  const std::string text = HeaderText(file, source);
  CheckJson(text, kHeaderDepth, source + ": its header");
  const Json json = Json::parse(text);
  if (!json.is_object()) throw Error(source + ": its header is not a JSON object");

  Header header;
  header.data_begin = kLengthBytes + text.size();
  for (const auto& [name, value] : json.items()) {
    if (name == kMetadata) {
      header.metadata = MetadataFrom(value, source);
    } else {
      header.entries.push_back(EntryFrom(name, value, source));
    }
  }
  std::ranges::sort(header.entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  CheckTiling(header.entries, file.size() - header.data_begin, source);
  return header;
}

// The header of `content`, padded so that the data begins at a multiple of 8.
std::string HeaderFor(const Safetensors& content) {
  Json header = Json::object();
  if (!content.metadata.empty()) header[kMetadata] = content.metadata;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : content.tensors) {
    Expects(name != kMetadata, "no tensor is called __metadata__");
    Expects(BytesOf(tensor.dtype, tensor.shape) == tensor.bytes.size(),
            "tensor '" + name + "' has the bytes of its shape");
    const std::uint64_t end = at + tensor.bytes.size();
    header[name] = {
        {"dtype", NameOf(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

std::size_t SizeOf(DType dtype) { return RowOf(dtype).bytes; }

std::string NameOf(DType dtype) { return std::string(RowOf(dtype).name); }

Safetensors ReadSafetensors(const std::filesystem::path& path) {
  const InputFile file(path);
  Header header = ReadHeader(file, path.string());
  Safetensors content{.tensors = {}, .metadata = std::move(header.metadata)};
  for (Entry& entry : header.entries) {
    StoredTensor tensor{.dtype = entry.dtype, .shape = std::move(entry.shape), .bytes = {}};
    tensor.bytes.resize(static_cast<std::size_t>(entry.end - entry.begin));
    file.ReadAt(header.data_begin + entry.begin, tensor.bytes);
    content.tensors.emplace(std::move(entry.name), std::move(tensor));
  }
  return content;
}

void WriteSafetensors(const Safetensors& content, const std::filesystem::path& path) {
  std::string header;
  try {
    header = HeaderFor(content);
  } catch (const Json::exception&) {
    throw Error(path.string() + ": cannot be written: a name or a text of it is not UTF-8");
  }
  if (header.size() > kMaxHeaderBytes) {
    throw Error(path.string() + ": cannot be written: its header would have " +
                std::to_string(header.size()) + " bytes, at most " +
                std::to_string(kMaxHeaderBytes) + " are allowed");
  }
  const std::uint64_t length = header.size();
  std::vector<std::uint8_t> bytes(kLengthBytes);
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (const auto& [name, tensor] : content.tensors) {
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  WriteFileWhole(path, bytes);
}

std::map<std::string, std::string> ReadSafetensorsMetadata(const std::filesystem::path& path) {
  const InputFile file(path);
  return ReadHeader(file, path.string()).metadata;
}

}  // namespace deeper
