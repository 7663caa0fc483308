#include "backbone/training/training_log.h"

#include <string>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

TrainingLogLine LineOf(std::uint64_t step, double loss) {
  return {.step = step, .values = {{"loss", loss}, {"rate", 0.001}}};
}

TEST_CASE("a log that goes on from a checkpoint loses the steps that will be done again") {
  const test::TemporaryDirectory directory;
  {
    TrainingLog log(directory / "log.jsonl", 0);
    for (std::uint64_t step = 0; step < 5; ++step)
      log.Append(LineOf(step, 0.5 * static_cast<double>(step)));
  }
  const TrainingLog resumed(directory / "log.jsonl", 3);
  REQUIRE(resumed.lines().size() == 3);
  CHECK(resumed.lines().back() == LineOf(2, 1));
}

TEST_CASE("a line that was being written when the training was killed is dropped") {
  const test::TemporaryDirectory directory;
  { TrainingLog(directory / "log.jsonl", 0).Append(LineOf(0, 1)); }
  WriteFileWhole(directory / "log.jsonl",
                 ReadTextFile(directory / "log.jsonl") + "{\"step\":1,\"lo");
  TrainingLog log(directory / "log.jsonl", 9);
  CHECK(log.lines() == std::vector<TrainingLogLine>{LineOf(0, 1)});
  log.Append(LineOf(1, 2));
  CHECK(TrainingLog(directory / "log.jsonl", 9).lines().size() == 2);
}

TEST_CASE("a file that is no log is refused and stays as it is") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "notes", std::string_view("my notes\n"));
  CHECK_THROWS_WITH(TrainingLog(directory / "notes", 0), Catch::Contains("notes:1"));
  CHECK(ReadTextFile(directory / "notes") == "my notes\n");
}

TEST_CASE("the drawing has a panel a value, and validation in the panel of what it validates") {
  std::vector<TrainingLogLine> lines;
  for (std::uint64_t step = 0; step < 1000; ++step) lines.push_back(LineOf(step, 1));
  lines.push_back({.step = 999, .values = {{"validation_loss", 0.25}, {"validation_map", 0.5}}});
  const std::string svg = CurvesSvg(lines);
  for (const char* panel : {">loss<", ">rate<", ">map<", "validation, last 0.25", "step 999"}) {
    CAPTURE(panel);
    CHECK(svg.find(panel) != std::string::npos);
  }
  CHECK(svg.find(">validation_loss<") == std::string::npos);
  // A thousand steps are drawn as a hundred means.
  CHECK(svg.size() < 8000);
}

}  // namespace
}  // namespace deeper::tools
