// Memory and descriptors of one process stay as they are over very many pictures.

#include <fmt/format.h>

#include <algorithm>

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

// The median of the samples between two parts of the run's time.
Sample MedianBetween(const Ran& ran, double from, double to, long Sample::*field) {
  std::vector<Sample> samples;
  for (const Sample& sample : ran.samples) {
    if (sample.time_s >= from * ran.time_s && sample.time_s <= to * ran.time_s)
      samples.push_back(sample);
  }
  REQUIRE_FALSE(samples.empty());
  std::sort(samples.begin(), samples.end(), [&](const Sample& a, const Sample& b) {
    return a.*field < b.*field;
  });
  return samples[samples.size() / 2];
}

TEST_CASE("memory grows by at most 5% and descriptors stay constant over many pictures") {
  const SmallDetector detector(50, 1);
  const std::size_t wanted = Times(300, 20000);
  // Further names for the same files.
  for (std::size_t i = 50; i < wanted; ++i) {
    fs::create_hard_link(detector.pictures / fmt::format("p{:03}.jpg", i % 50),
                         detector.pictures / fmt::format("q{:05}.jpg", i));
  }
  const Ran ran =
      RunDeeper(detector.Detect(detector / "found", {"--workers", "2", "--no-drawings"}),
                {.limit_s = 3600, .watch = true});
  CAPTURE(ran.text);
  REQUIRE(ran.status == 0);
  CHECK(SplitLines(ReadTextFile(detector / "found/detections.jsonl")).size() == wanted);
  const Sample early = MedianBetween(ran, 0.4, 0.5, &Sample::resident_kb);
  const Sample late = MedianBetween(ran, 0.88, 0.95, &Sample::resident_kb);
  fmt::print("{} pictures in {:.0f} s: {} MB, then {} MB; {} and {} descriptors\n",
             wanted,
             ran.time_s,
             early.resident_kb / 1024,
             late.resident_kb / 1024,
             MedianBetween(ran, 0.4, 0.5, &Sample::descriptors).descriptors,
             MedianBetween(ran, 0.88, 0.95, &Sample::descriptors).descriptors);
  CHECK(static_cast<double>(late.resident_kb) <= 1.05 * static_cast<double>(early.resident_kb));
  CHECK(MedianBetween(ran, 0.4, 0.5, &Sample::descriptors).descriptors ==
        MedianBetween(ran, 0.88, 0.95, &Sample::descriptors).descriptors);
}

}  // namespace
}  // namespace deeper::test
