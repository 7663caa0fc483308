#include "backbone/files/safetensors.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "backbone/files/stored_floats.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

using Catch::Contains;
using test::TemporaryDirectory;
using Path = std::filesystem::path;

// A file with this header and data, as another writer would make it.
std::string FileOf(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + data;
}

// Reads a file with this content.
Safetensors ReadBytes(const std::string& content) {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "t.safetensors", content);
  return ReadSafetensors(directory / "t.safetensors");
}

const std::string kOne = R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]})";

Safetensors Sample() {
  const std::vector<float> values = {1, -0.5F, 0, 3e38F, 1e-42F, 7};
  return {.tensors = {{"z/weight", StoreFloats(values, {2, 3})},
                      {"a", StoreFloats(values, {6}, DType::kBf16)},
                      {"scalar", StoreFloats(std::span(values).first(1), {})},
                      {"none", StoreFloats({}, {0, 5})},
                      {"bytes", {.dtype = DType::kU8, .shape = {3}, .bytes = {1, 2, 255}}}},
          .metadata = {{"format", "x"}, {"text", "\"quoted\"\n\u00e9"}}};
}

TEST_CASE("what was written is read back equal, metadata too") {
  const TemporaryDirectory directory;
  WriteSafetensors(Sample(), directory / "t");
  REQUIRE(ReadSafetensors(directory / "t") == Sample());
  REQUIRE(ReadSafetensorsMetadata(directory / "t") == Sample().metadata);
}

TEST_CASE("a file without tensors and metadata is read back") {
  const TemporaryDirectory directory;
  WriteSafetensors({}, directory / "t");
  REQUIRE(ReadSafetensors(directory / "t") == Safetensors{});
}

TEST_CASE("the written bytes are those of the format, the data at a multiple of 8") {
  const TemporaryDirectory directory;
  WriteSafetensors(
      {.tensors = {{"a", {.dtype = DType::kU8, .shape = {2}, .bytes = {7, 9}}}}, .metadata = {}},
      directory / "t");
  const std::string header = R"({"a":{"data_offsets":[0,2],"dtype":"U8","shape":[2]}})";
  REQUIRE(ReadTextFile(directory / "t") == FileOf(header + "   ", "\x07\x09"));
}

TEST_CASE("tensors may lie in any order in a file of another writer") {
  const Safetensors content =
      ReadBytes(FileOf(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                       R"("a":{"dtype":"I8","shape":[2],"data_offsets":[1,3]},)"
                       R"("e":{"dtype":"F32","shape":[0],"data_offsets":[1,1]}})",
                       "xyz"));
  REQUIRE(content.tensors.at("b").bytes == std::vector<std::uint8_t>{'x'});
  REQUIRE(content.tensors.at("a").bytes == std::vector<std::uint8_t>{'y', 'z'});
  REQUIRE(content.tensors.at("e").bytes.empty());
}

TEST_CASE("every truncation of a file is refused") {
  const TemporaryDirectory directory;
  WriteSafetensors(Sample(), directory / "t");
  const std::string whole = ReadTextFile(directory / "t");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    REQUIRE_THROWS_AS(ReadBytes(whole.substr(0, size)), Error);
  }
}

TEST_CASE("a byte behind the last tensor is refused") {
  REQUIRE_NOTHROW(ReadBytes(FileOf("{" + kOne + "}", "xy")));
  REQUIRE_THROWS_WITH(ReadBytes(FileOf("{" + kOne + "}", "xyz")),
                      Contains("take 2 bytes, but 3 follow"));
}

TEST_CASE("a header length beyond the file or the limit is refused before memory is taken") {
  std::string file = FileOf("{" + kOne + "}", "xy");
  file[7] = '\x7f';
  REQUIRE_THROWS_WITH(ReadBytes(file), Contains("its header has 9151314442816847"));
  REQUIRE_THROWS_WITH(ReadBytes("{}"), Contains("has 2 bytes, too few"));
}

TEST_CASE("a name that stands twice is refused, not overwritten") {
  REQUIRE_THROWS_WITH(ReadBytes(FileOf("{" + kOne + "," + kOne + "}", "xy")),
                      Contains("names 'a' twice"));
  REQUIRE_THROWS_WITH(
      ReadBytes(
          FileOf(R"({"a":{"dtype":"U8","dtype":"I8","shape":[2],"data_offsets":[0,2]}})", "xy")),
      Contains("names 'dtype' twice"));
}

TEST_CASE("two million nested lists are an error, not a crash") {
  REQUIRE_THROWS_WITH(ReadBytes(FileOf(std::string(2'000'000, '['), "")),
                      Contains("nests deeper than 3 levels"));
}

TEST_CASE("a header that is not a JSON object is refused") {
  REQUIRE_THROWS_WITH(ReadBytes(FileOf("[1]", "")), Contains("not a JSON object"));
  REQUIRE_THROWS_WITH(ReadBytes(FileOf("{\"a\":", "")), Contains("is not JSON at byte"));
  REQUIRE_THROWS_WITH(ReadBytes(FileOf("{\"\xff\":1}", "")), Contains("is not JSON at byte"));
  REQUIRE_THROWS_WITH(ReadBytes(FileOf("{} {}", "")), Contains("is not JSON at byte"));
}

TEST_CASE("tensors that overlap or leave a gap are refused") {
  const std::string second_overlaps = R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]})";
  const std::string second_after_gap = R"("b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]})";
  REQUIRE_THROWS_WITH(ReadBytes(FileOf("{" + kOne + "," + second_overlaps + "}", "xyz")),
                      Contains("'b' begins at byte 1") && Contains("expected 2"));
  REQUIRE_THROWS_WITH(ReadBytes(FileOf("{" + kOne + "," + second_after_gap + "}", "xyzw")),
                      Contains("'b' begins at byte 3"));
}

TEST_CASE("an entry whose parts are wrong is refused by name") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"dtype":"F64","shape":[1],"data_offsets":[0,8]})", "dtype 'F64', expected one of F32"},
      {R"({"dtype":7,"shape":[1],"data_offsets":[0,8]})", "dtype that is not a text"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,8]})",
       "a shape of 4 bytes, but offsets of 8"},
      {R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})", "'shape' that is not a list"},
      {R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})", "'shape' that is not a list"},
      {R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})", "'shape' that is not a list"},
      {R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})", "the second not below the first"},
      {R"({"dtype":"F32","shape":[2],"data_offsets":[8]})", "two data_offsets"},
      {R"({"dtype":"F32","shape":[2]})", "exactly 'dtype', 'shape' and 'data_offsets'"},
      {R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1})", "exactly 'dtype'"},
      {R"("text")", "exactly 'dtype'"}};
  for (const auto& [entry, message] : cases) {
    CAPTURE(entry);
    REQUIRE_THROWS_WITH(ReadBytes(FileOf("{\"t\":" + entry + "}", "12345678")),
                        Contains("tensor 't'") && Contains(message));
  }
}

TEST_CASE("a shape whose bytes exceed 64 bits is refused, not wrapped around") {
  REQUIRE_THROWS_WITH(
      ReadBytes(FileOf(
          R"({"t":{"dtype":"F32","shape":[4294967296,1073741824],"data_offsets":[0,0]}})", "")),
      Contains("over 2^64"));
}

TEST_CASE("metadata other than texts is refused") {
  REQUIRE_THROWS_WITH(ReadBytes(FileOf(R"({"__metadata__":{"a":1}})", "")),
                      Contains("must map texts to texts"));
  REQUIRE_THROWS_WITH(ReadBytes(FileOf(R"({"__metadata__":["a"]})", "")),
                      Contains("must map texts to texts"));
}

TEST_CASE("a text that is not UTF-8 is refused by the writer, and no file appears") {
  const TemporaryDirectory directory;
  REQUIRE_THROWS_WITH(
      WriteSafetensors({.tensors = {}, .metadata = {{"k", "\xff"}}}, directory / "t"),
      Contains("not UTF-8"));
  REQUIRE_FALSE(std::filesystem::exists(directory / "t"));
}

TEST_CASE("random damage to a header is an error or a valid file, never a crash") {
  const TemporaryDirectory directory;
  WriteSafetensors(Sample(), directory / "t");
  const std::string whole = ReadTextFile(directory / "t");
  Random random(11);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 3; ++k) {
      damaged[random.Below(damaged.size())] = static_cast<char>(random.Below(256));
    }
    try {
      ReadBytes(damaged);
    } catch (const Error&) {
      ++refused;
    }
  }
  REQUIRE(refused > 200);
}

}  // namespace
}  // namespace deeper
