// How far detections may differ between types of processors, as stated in docs/reliability.md.
// oneDNN and OpenBLAS are told to use the kernels of other types.

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/files/file.h"
#include "eval/formats/lines/detection_lines.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"

namespace deeper::test {
namespace {

constexpr float kScoreTolerance = 1e-5F;  // of the margins' spread
constexpr float kBoxTolerance_px = 1e-3F;

struct Setting {
  std::string name;
  std::map<std::string, std::string> environment;
};

// The detections of all pictures under this setting.
DetectionSet Detect(const SmallDetector& detector, const Setting& setting) {
  const auto output = detector / setting.name;
  const Ran ran =
      RunDeeper(detector.Detect(output, {"--no-drawings"}), {.environment = setting.environment});
  CAPTURE(ran.text);
  REQUIRE(ran.status == 0);
  return ReadJsonLines(output / "detections.jsonl");
}

// Largest score minus smallest score.
float SpreadOf(const DetectionSet& detections) {
  float lowest = INFINITY;
  float highest = -INFINITY;
  for (const ImageDetections& image : detections.images) {
    for (const Detection& detection : image.detections) {
      lowest = std::min(lowest, detection.score);
      highest = std::max(highest, detection.score);
    }
  }
  return highest - lowest;
}

TEST_CASE("kernels for other instruction sets give the same detections within the tolerance") {
  const SmallDetector detector(4, 4);
  const DetectionSet own = Detect(detector, {.name = "own", .environment = {}});
  const float tolerance = kScoreTolerance * SpreadOf(own);
  REQUIRE(tolerance > 0);
  for (const char* isa : {"AVX512_CORE", "AVX2", "SSE41"}) {
    CAPTURE(isa);
    const DetectionSet other =
        Detect(detector, {.name = isa, .environment = {{"ONEDNN_MAX_CPU_ISA", isa}}});
    REQUIRE(other.images.size() == own.images.size());
    for (std::size_t i = 0; i < own.images.size(); ++i) {
      const std::vector<Detection>& expected = own.images[i].detections;
      const std::vector<Detection>& found = other.images[i].detections;
      CAPTURE(own.images[i].id);
      REQUIRE(!expected.empty());
      REQUIRE(found.size() == expected.size());
      for (std::size_t k = 0; k < expected.size(); ++k) {
        CHECK(found[k].class_id == expected[k].class_id);
        CHECK(std::abs(found[k].score - expected[k].score) <= tolerance);
        CHECK(std::abs(found[k].box.x0 - expected[k].box.x0) <= kBoxTolerance_px);
        CHECK(std::abs(found[k].box.y0 - expected[k].box.y0) <= kBoxTolerance_px);
        CHECK(std::abs(found[k].box.x1 - expected[k].box.x1) <= kBoxTolerance_px);
        CHECK(std::abs(found[k].box.y1 - expected[k].box.y1) <= kBoxTolerance_px);
      }
    }
  }
}

TEST_CASE("OpenBLAS's kernels for other processors change no byte of detections") {
  const SmallDetector detector(2, 2);
  const DetectionSet own = Detect(detector, {.name = "own", .environment = {}});
  for (const char* type : {"Haswell", "Nehalem"}) {
    CAPTURE(type);
    CHECK(Detect(detector, {.name = type, .environment = {{"OPENBLAS_CORETYPE", type}}}) == own);
  }
}

}  // namespace
}  // namespace deeper::test
