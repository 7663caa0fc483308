// Bad files among good ones: each is named with its reason, and the good ones have the same results
// as alone.

#include "tests/torture/bad_files.h"

#include <fmt/format.h>

#include <set>

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> SkippedLines(const std::string& text) {
  std::vector<std::string> skipped;
  for (const std::string_view line : SplitLines(text)) {
    if (line.starts_with("skipped: ")) skipped.emplace_back(line);
  }
  return skipped;
}

// Exactly one line for each bad file, with its reason.
void CheckReasons(const std::string& text,
                  const fs::path& directory,
                  const std::vector<BadFile>& bad) {
  const std::vector<std::string> skipped = SkippedLines(text);
  CHECK(skipped.size() == bad.size());
  for (const BadFile& file : bad) {
    CAPTURE(file.name, file.reason);
    const std::string begin = "skipped: " + (directory / file.name).string() + ": ";
    std::string found = "no line";
    for (const std::string& line : skipped) {
      if (line.starts_with(begin)) found = line;
    }
    CHECK_THAT(found, Catch::Contains(file.reason));
  }
}

TEST_CASE(
    "bad files of 32 kinds among 100 good ones: exactly the expected reasons, the good as alone") {
  const SmallDetector detector(100, 1);
  const std::vector<std::string> options = {"--no-drawings"};
  REQUIRE(RunDeeper(detector.Detect(detector / "clean", options)).status == 0);
  const std::vector<BadFile> bad = WriteBadFiles(detector.pictures, 4);
  std::set<std::string> kinds;
  for (const BadFile& file : bad) kinds.insert(file.kind);
  REQUIRE(kinds.size() >= 24);
  REQUIRE(bad.size() >= 120);

  const std::vector<std::size_t> workers =
      Times(0, 1) == 0 ? std::vector<std::size_t>{2} : std::vector<std::size_t>{1, 2, 4};
  for (const std::size_t count : workers) {
    CAPTURE(count);
    const fs::path output = detector / fmt::format("found{}", count);
    const Ran ran =
        RunDeeper(detector.Detect(output, {"--no-drawings", "--workers", std::to_string(count)}));
    CHECK(ran.status == 3);
    CheckReasons(ran.text, detector.pictures, bad);
    CHECK(FilesBelow(output) == FilesBelow(detector / "clean"));
  }
  fmt::print("{} bad files of {} kinds among 100 good ones\n", bad.size(), kinds.size());
}

TEST_CASE("names that are no text, commands or markup stay names") {
  const SmallDetector detector(1, 1);
  const std::vector<std::uint8_t> good = ReadFile(detector.pictures / "p000.jpg");
  const std::vector<std::string> names = {"<script>alert(1)</script>",
                                          "a\"b'c",
                                          "line\nbreak",
                                          "caf\xE9",
                                          "$(touch pwned)",
                                          "...jpg",
                                          " ",
                                          "%n%s",
                                          "-rf"};
  for (const std::string& name : names) WriteFileWhole(detector.pictures / (name + ".jpg"), good);
  const fs::path output = detector / "found";
  const Ran ran = RunDeeper(detector.Detect(output, {"--format", "jsonl,coco"}));
  CAPTURE(ran.text);
  CHECK(ran.status == 0);
  CHECK(SplitLines(ReadTextFile(output / "detections.jsonl")).size() == names.size() + 1);
  CHECK(FilesBelow(output / "drawings").size() == names.size() + 1);
  for (const auto& entry : fs::directory_iterator(detector.directory.path())) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    CHECK((name == "pictures" || name == "found" || name == "small.safetensors"));
  }
}

}  // namespace
}  // namespace deeper::test
