#include "backbone/files/weight_files.h"

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/files/safetensors.h"
#include "backbone/files/stored_floats.h"
#include "core/error.h"
#include "core/files/file.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/remedy.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

using Catch::Contains;
using test::RandomWeights;
using test::TemporaryDirectory;

using Floats = std::vector<float>;

TEST_CASE("backbone weights survive a round trip through safetensors, with the same fingerprint") {
  const TemporaryDirectory directory;
  const Weights weights = RandomWeights(1, 3);
  WriteBackboneWeights(weights, directory / "net.safetensors");
  REQUIRE(ReadBackboneWeights(directory / "net.safetensors") == weights);
  const auto metadata = ReadSafetensorsMetadata(directory / "net.safetensors");
  REQUIRE(metadata.at("format") == "deeper-backbone");
  REQUIRE(metadata.at("fingerprint") == FingerprintOf(weights));
}

TEST_CASE("the kind of a backbone file is decided by its content, not its name") {
  const TemporaryDirectory directory;
  const Weights weights = RandomWeights(1);
  WriteBackboneWeights(weights, directory / "net.caffemodel");
  REQUIRE(ReadBackboneWeights(directory / "net.caffemodel") == weights);
}

TEST_CASE("a flipped bit in a value is refused by the fingerprint") {
  const TemporaryDirectory directory;
  WriteBackboneWeights(RandomWeights(1), directory / "net");
  std::string bytes = ReadTextFile(directory / "net");
  bytes[bytes.size() - 4] = static_cast<char>(bytes[bytes.size() - 4] ^ 1);
  WriteFileWhole(directory / "net", bytes);
  REQUIRE_THROWS_WITH(ReadBackboneWeights(directory / "net"),
                      Contains("fingerprint") && Contains("it is damaged"));
}

TEST_CASE("weights of a foreign network are refused though the file is sound") {
  const TemporaryDirectory directory;
  WriteBackboneWeights({{"fc/weight", MakeTensor({.n = 1, .c = 1, .h = 1, .w = 1})}},
                       directory / "net");
  REQUIRE_THROWS_WITH(ReadBackboneWeights(directory / "net"),
                      Contains("'conv1/7x7_s2/weight' is missing"));
}

TEST_CASE("a detector that holds no network is not read as one, and told from a broken file") {
  const TemporaryDirectory directory;
  WriteSafetensors({.tensors = {{"classifiers/bias", StoreFloats(Floats{1}, {1})}},
                    .metadata = {{"deeper", "{}"}}},
                   directory / "detector");
  REQUIRE_THROWS_WITH(
      ReadBackboneWeights(directory / "detector"),
      Contains("detector: expected a network, found a detector that names its network"));
  CHECK(test::RemedyOf([&] { ReadBackboneWeights(directory / "detector"); }) ==
        Remedy::kReadFingerprint);
}

TEST_CASE("a file without a fingerprint may have sizes left out, bf16, and a prefix") {
  const TemporaryDirectory directory;
  Weights weights = RandomWeights(1);
  for (auto& [name, tensor] : weights) {
    for (float& value : tensor.data) value = 0.5F;  // the same in bf16
  }
  Safetensors content;
  for (const auto& [name, tensor] : weights) {
    const Shape& shape = tensor.shape;
    std::vector<std::uint64_t> sizes = {shape.n};
    if (name.ends_with("/weight")) sizes = {shape.n, shape.c, shape.h, shape.w};
    content.tensors.emplace("backbone/" + name, StoreFloats(tensor.data, sizes, DType::kBf16));
  }
  content.tensors.emplace("classifiers/bias", StoreFloats(Floats{1}, {1}));
  WriteSafetensors(content, directory / "net");
  REQUIRE(ReadBackboneWeights(directory / "net") == weights);
}

TEST_CASE("a tensor of integers is refused by file and name") {
  const TemporaryDirectory directory;
  WriteSafetensors(
      {.tensors = {{"x", {.dtype = DType::kI8, .shape = {1}, .bytes = {1}}}}, .metadata = {}},
      directory / "net");
  REQUIRE_THROWS_WITH(ReadBackboneWeights(directory / "net"), Contains("net: tensor 'x' holds I8"));
}

TEST_CASE("a missing file is an error that names it") {
  REQUIRE_THROWS_WITH(ReadBackboneWeights("/absent/net"), Contains("/absent/net: cannot open"));
}

}  // namespace
}  // namespace deeper
