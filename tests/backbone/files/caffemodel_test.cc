#include "backbone/files/caffemodel.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "backbone/files/protobuf_wire.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

using Catch::Contains;
using test::TemporaryDirectory;

template <typename Number>
std::string RawBytes(const std::vector<Number>& values) {
  std::string bytes(values.size() * sizeof(Number), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

using Floats = std::vector<float>;
using Dims = std::vector<std::uint64_t>;

std::string PackedShape(const Dims& dims) {
  std::string packed;
  for (const std::uint64_t dim : dims) packed += Varint(dim);
  return BytesField(7, BytesField(1, packed));
}
std::string Blob(const Dims& dims, const Floats& values) {
  return PackedShape(dims) + BytesField(5, RawBytes(values));
}
std::string BlobOfV1(const Dims& dims, const Floats& values) {
  return NumberField(1, dims[0]) + NumberField(2, dims[1]) + NumberField(3, dims[2]) +
         NumberField(4, dims[3]) + BytesField(5, RawBytes(values));
}
std::string LayerOf(const std::string& name, const std::vector<std::string>& blobs) {
  std::string layer = BytesField(1, name) + BytesField(2, "Convolution");
  for (const std::string& blob : blobs) layer += BytesField(7, blob);
  return BytesField(100, layer);
}
std::string LayerOfV1(const std::string& name, const std::vector<std::string>& blobs) {
  std::string layer = BytesField(2, "bottom") + BytesField(4, name) + NumberField(5, 4);
  for (const std::string& blob : blobs) layer += BytesField(6, blob);
  return BytesField(2, layer);
}

// Reads a file with this content.
Weights ReadBytes(const std::string& content) {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "net.caffemodel", content);
  return ReadCaffemodel(directory / "net.caffemodel");
}

TEST_CASE("a layer's blobs come out as weight and bias with four sizes") {
  const std::string file =
      BytesField(1, "a net") + LayerOf("data", {}) +
      LayerOf("conv", {Blob({2, 1, 1, 3}, {1, 2, 3, 4, 5, 6}), Blob({2}, {7, 8})});
  const Weights expected = {
      {"conv/weight", {.shape = {.n = 2, .c = 1, .h = 1, .w = 3}, .data = {1, 2, 3, 4, 5, 6}}},
      {"conv/bias", {.shape = {.n = 2, .c = 1, .h = 1, .w = 1}, .data = {7, 8}}}};
  REQUIRE(ReadBytes(file) == expected);
}

TEST_CASE("a linear layer's matrix has its two sizes in front") {
  const Weights weights = ReadBytes(LayerOf("fc", {Blob({2, 3}, {1, 2, 3, 4, 5, 6})}));
  REQUIRE(weights.at("fc/weight").shape == Shape{.n = 2, .c = 3, .h = 1, .w = 1});
}

TEST_CASE("V1 files give the same weights: sizes in front are ones there") {
  const std::string file =
      LayerOfV1("conv",
                {BlobOfV1({2, 3, 1, 1}, {1, 2, 3, 4, 5, 6}), BlobOfV1({1, 1, 1, 2}, {7, 8})}) +
      LayerOfV1("fc", {BlobOfV1({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6}), BlobOfV1({1, 1, 1, 2}, {9, 9})});
  const Weights weights = ReadBytes(file);
  REQUIRE(weights.size() == 4);
  REQUIRE(weights.at("conv/weight").shape == Shape{.n = 2, .c = 3, .h = 1, .w = 1});
  REQUIRE(weights.at("conv/bias") ==
          Tensor{.shape = {.n = 2, .c = 1, .h = 1, .w = 1}, .data = {7, 8}});
  REQUIRE(weights.at("fc/weight") ==
          Tensor{.shape = {.n = 2, .c = 3, .h = 1, .w = 1}, .data = {1, 2, 3, 4, 5, 6}});
}

TEST_CASE("the auxiliary heads of training are dropped") {
  const std::vector<std::string> blobs = {Blob({1, 1}, {1})};
  const Weights weights =
      ReadBytes(LayerOf("loss1/conv", blobs) + LayerOf("loss2/classifier", blobs) +
                LayerOf("loss3/classifier", blobs));
  REQUIRE(weights.size() == 1);
  REQUIRE(weights.contains("loss3/classifier/weight"));
}

TEST_CASE("sizes and values are read unpacked as well, and doubles") {
  std::string unpacked = BytesField(7, NumberField(1, 2) + NumberField(1, 1));
  for (const float value : {1.5F, -2.0F}) {
    unpacked += Varint((5U << 3U) | 5U) + RawBytes(Floats{value});
  }
  const std::string doubles = PackedShape({2, 1}) + BytesField(8, RawBytes(std::vector{0.1, 2.0}));
  const Weights weights = ReadBytes(LayerOf("a", {unpacked}) + LayerOf("b", {doubles}));
  REQUIRE(weights.at("a/weight").data == Floats{1.5F, -2.0F});
  REQUIRE(weights.at("b/weight").data == Floats{0.1F, 2.0F});
}

TEST_CASE("a blob whose values and shape disagree is refused with both") {
  REQUIRE_THROWS_WITH(ReadBytes(LayerOf("conv", {Blob({2, 2}, {1, 2, 3})})),
                      Contains("'conv/weight' has 3 values, but its shape is (2, 2)"));
  REQUIRE_THROWS_WITH(ReadBytes(LayerOf("conv", {Blob({1ULL << 63U, 1ULL << 63U}, {1})})),
                      Contains("has 1 values"));
  REQUIRE_THROWS_WITH(ReadBytes(LayerOf("conv", {BytesField(5, RawBytes(Floats{1}))})),
                      Contains("has 0 dimensions, expected 1 to 4"));
  REQUIRE_THROWS_WITH(ReadBytes(LayerOf("conv", {Blob({1, 1, 1, 1, 1}, {1})})),
                      Contains("has 5 dimensions"));
  REQUIRE_THROWS_WITH(ReadBytes(LayerOf("conv", {Blob({1}, {1}), Blob({2, 2}, {1, 2, 3, 4})})),
                      Contains("'conv/bias' has shape (2, 2), expected one dimension"));
}

TEST_CASE("a value that is not finite is refused by name and place") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    REQUIRE_THROWS_WITH(ReadBytes(LayerOf("conv", {Blob({3}, {1, 2, bad})})),
                        Contains("'conv/weight'") && Contains("at 2"));
  }
}

TEST_CASE("a layer that stands twice, or has more than weight and bias, is refused") {
  const std::string one = LayerOf("conv", {Blob({1}, {1})});
  REQUIRE_THROWS_WITH(ReadBytes(one + one), Contains("'conv/weight' is there twice"));
  REQUIRE_THROWS_WITH(ReadBytes(LayerOf("bn", std::vector<std::string>(3, Blob({1}, {1})))),
                      Contains("layer 'bn' has 3 blobs"));
}

TEST_CASE("every truncation of a caffemodel but between layers is refused") {
  const std::string first = LayerOf("conv", {Blob({2, 1}, {1, 2}), Blob({2}, {3, 4})});
  const std::string whole = first + LayerOfV1("fc", {BlobOfV1({1, 1, 1, 2}, {1, 2})});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    if (size == first.size()) continue;
    REQUIRE_THROWS_AS(ReadBytes(whole.substr(0, size)), Error);
  }
}

TEST_CASE("a truncated file is told from a wrong one by the place where it ends") {
  const std::string whole = LayerOf("conv", {Blob({2, 1}, {1, 2})});
  REQUIRE_THROWS_WITH(ReadBytes(whole.substr(0, whole.size() - 1)),
                      Contains("net.caffemodel: at byte") && Contains("are left"));
}

TEST_CASE("files of other kinds are refused: text, pictures, nothing") {
  REQUIRE_THROWS_WITH(ReadBytes("name: \"GoogleNet\"\nlayer {\n"),
                      Contains("not a Caffe NetParameter"));
  REQUIRE_THROWS_WITH(ReadBytes("<!DOCTYPE html><html>"), Contains("not a Caffe NetParameter"));
  REQUIRE_THROWS_WITH(ReadBytes("\xff\xd8\xff\xe0 JFIF"), Contains("not a Caffe NetParameter"));
  REQUIRE_THROWS_WITH(ReadBytes(""), Contains("holds no learned layers"));
  REQUIRE_THROWS_WITH(ReadBytes(BytesField(1, "a net")), Contains("holds no learned layers"));
}

TEST_CASE("random damage is an error or other weights, never a crash") {
  const std::string whole = LayerOf("conv", {Blob({2, 1}, {1, 2}), Blob({2}, {3, 4})}) +
                            LayerOfV1("fc", {BlobOfV1({1, 1, 1, 2}, {1, 2})});
  Random random(7);
  int refused = 0;
  for (int i = 0; i < 500; ++i) {
    std::string damaged = whole;
    damaged[random.Below(damaged.size())] = static_cast<char>(random.Below(256));
    try {
      ReadBytes(damaged);
    } catch (const Error&) {
      ++refused;
    }
  }
  REQUIRE(refused > 100);
}

}  // namespace
}  // namespace deeper
