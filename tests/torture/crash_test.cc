// One picture that crashes or hangs the program costs no other picture its result.

#include <fmt/format.h>

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

std::string WithoutPicture(const std::string& lines, const std::string& id) {
  std::string kept;
  for (const std::string_view line : SplitLines(lines)) {
    if (line.find('"' + id + '"') == std::string_view::npos) kept += std::string(line) + "\n";
  }
  return kept;
}

TEST_CASE(
    "a picture that crashes or hangs the program is skipped and the others have their results") {
  const SmallDetector detector(6);
  REQUIRE(RunDeeper(detector.Detect(detector / "clean")).status == 0);
  const std::string clean = ReadTextFile(detector / "clean/detections.jsonl");

  const std::string effect = GENERATE("CRASH", "ABORT", "OVERFLOW", "HANG");
  CAPTURE(effect);
  const fs::path output = detector / "found";
  RunSetup setup{.environment = Faults(detector.directory.path(), "")};
  setup.environment["DEEPER_FAULT_" + effect] = "p002.jpg";
  std::vector<std::string> options = {"--workers", "2"};
  // In real time: long enough for the other pictures on a busy machine.
  if (effect == "HANG") options.insert(options.end(), {"--picture-time-limit", "15"});
  const Ran ran = RunDeeper(detector.Detect(output, options), setup);
  CAPTURE(ran.text);
  CHECK(ran.status == 3);
  CHECK(ran.text.find(effect == "HANG" ? "p002.jpg: it took longer than 15 s"
                                       : "p002.jpg: it crashed the program") != std::string::npos);
  CHECK(ran.text.find("1 of 6 pictures skipped") != std::string::npos);
  CHECK(ReadTextFile(output / "detections.jsonl") == WithoutPicture(clean, "p002"));
  // Nothing else is there: no journal of an unfinished run, and no half-written file of the process
  // before the restart.
  std::map<std::string, std::string> drawings = FilesBelow(detector / "clean/drawings");
  drawings.erase("p002.jpg");
  CHECK(FilesBelow(output / "drawings") == drawings);
  // Beside them the results in two formats, the finished run, and the list of the files.
  CHECK(FilesBelow(output).size() == drawings.size() + 4);
}

TEST_CASE("every picture may crash and the run still ends") {
  const SmallDetector detector(4);
  RunSetup setup{.environment = Faults(detector.directory.path(), "")};
  setup.environment["DEEPER_FAULT_CRASH"] = ".jpg";
  const Ran ran = RunDeeper(detector.Detect(detector / "found", {"--anew"}), setup);
  CAPTURE(ran.text);
  CHECK(ran.status == 3);
  CHECK(ran.text.find("4 of 4 pictures skipped") != std::string::npos);
}

TEST_CASE("a shard keeps its crashed picture through the merge") {
  const SmallDetector detector(6);
  const fs::path output = detector / "found";
  RunSetup setup{.environment = Faults(detector.directory.path(), "")};
  setup.environment["DEEPER_FAULT_CRASH"] = "p002.jpg";
  for (int shard = 1; shard <= 2; ++shard) {
    const Ran ran =
        RunDeeper(detector.Detect(output, {"--shard", fmt::format("{}/2", shard)}), setup);
    CHECK((ran.status == 0 || ran.status == 3));
  }
  const Ran merged = RunDeeper({"merge", output.string()});
  CHECK(merged.status == 3);
  CHECK(merged.text.find("p002.jpg: it crashed the program") != std::string::npos);
  CHECK(SplitLines(ReadTextFile(output / "detections.jsonl")).size() == 5);
}

}  // namespace
}  // namespace deeper::test
