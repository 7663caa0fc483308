#include <filesystem>

#include "backbone/files/weight_files.h"
#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

TEST_CASE("BVLC GoogLeNet has the fingerprint that models name, and 6,998,552 parameters") {
  DEEPER_REQUIRE_DATA(data);
  const Weights weights = ReadBackboneWeights(data / "weights/bvlc_googlenet.caffemodel");
  std::size_t count = 0;
  for (const auto& [name, tensor] : weights) count += tensor.data.size();
  REQUIRE(count == 6'998'552);
  REQUIRE(weights.size() == 116);
  REQUIRE(FingerprintOf(weights) ==
          "4cde90667eb3a22f1236fb560f60320ea333f64c03b1e2d67eb6505a2e56a98b");
}

TEST_CASE("BVLC GoogLeNet has the same fingerprint from safetensors") {
  DEEPER_REQUIRE_DATA(data);
  const test::TemporaryDirectory directory;
  const Weights weights = ReadBackboneWeights(data / "weights/bvlc_googlenet.caffemodel");
  WriteBackboneWeights(weights, directory / "net.safetensors");
  REQUIRE(ReadBackboneWeights(directory / "net.safetensors") == weights);
}

TEST_CASE("a download of BVLC GoogLeNet that broke off is refused") {
  DEEPER_REQUIRE_DATA(data);
  const test::TemporaryDirectory directory;
  const std::string whole = ReadTextFile(data / "weights/bvlc_googlenet.caffemodel");
  for (const double share : {0.1, 0.5, 0.999}) {
    CAPTURE(share);
    const auto size = static_cast<std::size_t>(share * static_cast<double>(whole.size()));
    WriteFileWhole(directory / "net", std::string_view(whole).substr(0, size));
    REQUIRE_THROWS_WITH(ReadBackboneWeights(directory / "net"), Catch::Contains("truncated"));
  }
}

}  // namespace
}  // namespace deeper
