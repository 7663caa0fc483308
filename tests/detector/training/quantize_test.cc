#include "detector/training/quantize.h"

#include <string>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/drawing/draw.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a network that overflows is no picture's fault: measuring it ends with the layer") {
  const test::TemporaryDirectory directory;
  std::vector<fs::path> pictures;
  for (const char* name : {"a.jpg", "b.jpg"}) {
    pictures.push_back(directory / name);
    WriteFileWhole(pictures.back(), EncodeJpeg(MakeImage(64, 48, 200, 10, 90), 95));
  }
  Monitor monitor;
  std::vector<std::string> said;
  monitor.say = [&](const std::string& line) { said.push_back(line); };
  Weights weights = test::RandomWeights(1);
  REQUIRE_NOTHROW(MeasureOnPictures(weights, pictures, {}, monitor));
  for (float& value : weights[WeightName("inception_3a/1x1")].data) value = 3e38F;
  CHECK_THROWS_WITH(
      MeasureOnPictures(weights, pictures, {}, monitor),
      Catch::StartsWith("layer 'inception_3a/1x1': expected values that a float holds"));
  CHECK(said.empty());

  // A picture that cannot be read is skipped, as ever.
  WriteFileWhole(directory / "b.jpg", "no picture");
  CHECK_NOTHROW(MeasureOnPictures(test::RandomWeights(1), pictures, {}, monitor));
  CHECK(said.size() == 1);
}

}  // namespace
}  // namespace deeper
