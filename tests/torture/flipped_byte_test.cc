// One wrong byte anywhere in a model file is always noticed.

#include <fmt/format.h>

#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

// Flips one bit of the byte at `at` and expects a refusal that names the file.
void CheckRefused(const fs::path& path,
                  std::vector<std::uint8_t>& bytes,
                  std::size_t at,
                  std::size_t bit) {
  CAPTURE(at, bit);
  const auto mask = static_cast<std::uint8_t>(1U << bit);
  bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ mask);
  WriteFileWhole(path, bytes);
  CHECK_THROWS_AS(LoadModel(path), Error);
  bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ mask);
}

TEST_CASE("a model without its network is refused with any one bit flipped, 500 times") {
  const SmallKind kind = GENERATE(SmallKind::kCrops, SmallKind::kWholePictures);
  const SmallDetector detector(1, 2, kind);
  Model model = LoadModel(detector.model);
  model.backbone.reset();
  const fs::path path = detector / "heads.safetensors";
  SaveModel(model, path);
  std::vector<std::uint8_t> bytes = ReadFile(path);
  Random random(3);
  for (int flip = 0; flip < 500; ++flip) {
    CheckRefused(path, bytes, random.Below(bytes.size()), random.Below(8));
  }
  // The header is a small part of the file, and the one that is parsed: all of its bytes.
  for (std::size_t at = 0; at < bytes.size() && at < 2000; at += Times(13, 1)) {
    CheckRefused(path, bytes, at, random.Below(8));
  }
  WriteFileWhole(path, bytes);
  CHECK(LoadModel(path) == model);
}

TEST_CASE("a model with its network is refused with any one bit flipped") {
  const SmallDetector detector(1);
  std::vector<std::uint8_t> bytes = ReadFile(detector.model);
  Random random(5);
  const std::size_t flips = Times(5, 500);
  for (std::size_t flip = 0; flip < flips; ++flip) {
    CheckRefused(detector.model, bytes, random.Below(bytes.size()), random.Below(8));
  }
  fmt::print("{} flips in a file of {} bytes\n", flips, bytes.size());
}

}  // namespace
}  // namespace deeper::test
