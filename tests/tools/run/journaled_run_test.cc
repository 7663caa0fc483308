#include "tools/run/journaled_run.h"

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_content.h"
#include "core/pictures/picture_files.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

struct Result {
  std::string json;
  std::string error;
};

std::vector<Picture> PicturesNamed(std::size_t count) {
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    pictures.push_back({.path = "/x/" + id + ".jpg", .id = id});
  }
  return pictures;
}

RunRecord RecordOfRun(const std::vector<Picture>& pictures) {
  return RecordOf("detect", "options", pictures, {}, "");
}

// Of this process, in megabytes.
long ResidentMegabytes() {
  std::ifstream statm("/proc/self/statm");
  long all = 0;
  long resident = 0;
  statm >> all >> resident;
  return resident * 4096 / 1'000'000;
}

constexpr bool kFreedMemoryIsGivenBack =
    std::string_view(DEEPER_SANITIZERS).empty();  // they keep it

TEST_CASE("memory does not grow with the results of a run, and all of them come out at its end") {
  constexpr std::size_t kBytes = 1'000'000;
  const test::TemporaryDirectory directory;
  const std::vector<Picture> pictures = PicturesNamed(60);
  Journal journal(directory / "journal.jsonl", RecordOfRun(pictures));
  std::vector<long> resident;
  const JournalEntries entries = RunPictures<Result>(
      {.pictures = &pictures, .what = "testing"},
      &journal,
      [&](const Picture& picture) {
        return Result{R"({"text":")" + std::string(kBytes, picture.id.back()) + R"("})", ""};
      },
      [&](const Result&) { resident.push_back(ResidentMegabytes()); });
  REQUIRE(resident.size() == pictures.size());
  if (kFreedMemoryIsGivenBack) CHECK(resident.back() - resident[10] < 15);
  REQUIRE(entries.size() == pictures.size());
  for (const auto& [position, entry] : entries) {
    REQUIRE(entry.kind == JournalEntry::Kind::kDone);
    REQUIRE(entry.text ==
            R"({"text":")" + std::string(kBytes, pictures[position].id.back()) + R"("})");
  }
}

TEST_CASE("a run that goes on gives the results of the earlier one too, and tries failures again") {
  const test::TemporaryDirectory directory;
  const std::vector<Picture> pictures = PicturesNamed(4);
  std::vector<std::string> worked_on;
  const auto run = [&](const std::string& bad) {
    worked_on.clear();
    Journal journal(directory / "journal.jsonl", RecordOfRun(pictures));
    return RunPictures<Result>(
        {.pictures = &pictures, .what = "testing"},
        &journal,
        [&](const Picture& picture) {
          worked_on.push_back(picture.id);
          return Result{R"({"id":")" + picture.id + R"("})",
                        picture.id == bad ? "bad picture" : ""};
        },
        [](const Result&) {});
  };
  const JournalEntries first = run("2");
  CHECK(worked_on.size() == 4);
  CHECK(first.at(2) == JournalEntry{.kind = JournalEntry::Kind::kFailed, .text = "bad picture"});
  const JournalEntries second = run("");
  CHECK(worked_on == std::vector<std::string>{"2"});
  CHECK(ResultLines(second) == "{\"id\":\"0\"}\n{\"id\":\"1\"}\n{\"id\":\"2\"}\n{\"id\":\"3\"}\n");
}

TEST_CASE("a journal that lost a line during the run is an error, not a missing result") {
  const test::TemporaryDirectory directory;
  const std::vector<Picture> pictures = PicturesNamed(2);
  Journal journal(directory / "journal.jsonl", RecordOfRun(pictures));
  const auto run = [&] {
    RunPictures<Result>(
        {.pictures = &pictures, .what = "testing"},
        &journal,
        [&](const Picture&) {
          return Result{R"({"x":1})", ""};
        },
        [&](const Result&) {
          const std::string text = ReadTextFile(journal.path());
          std::fstream(journal.path(), std::ios::in | std::ios::out)
              .seekp(static_cast<std::streamoff>(text.size()) - 4)
              .put('?');
        });
  };
  REQUIRE_THROWS_WITH(run(), Catch::Contains("lost what was written of a picture"));
}

TEST_CASE("a picture that is replaced under its name is done anew by a run that goes on") {
  const test::TemporaryDirectory directory;
  std::vector<Picture> pictures = PicturesNamed(3);
  for (Picture& picture : pictures) {
    picture.path = directory / picture.path.filename();
    WriteFileWhole(picture.path, "as it was");
  }
  std::vector<std::string> worked_on;
  const auto run = [&](const std::string& bad) {
    worked_on.clear();
    Journal journal(directory / "journal.jsonl", RecordOfRun(pictures));
    return RunPictures<Result>(
        {.pictures = &pictures, .what = "testing"},
        &journal,
        [&](const Picture& picture) {
          worked_on.push_back(picture.id);
          return Result{R"({"id":")" + picture.id + R"("})", picture.id == bad ? "bad" : ""};
        },
        [](const Result&) {});
  };
  run("2");
  const std::string content = ContentOfFile(pictures[0].path);
  {
    Journal journal(directory / "journal.jsonl", RecordOfRun(pictures));
    journal.Append(
        2, {.kind = JournalEntry::Kind::kLost, .text = "2.jpg: crashed", .content = content});
  }
  CHECK(run("").at(2).kind == JournalEntry::Kind::kLost);
  CHECK(worked_on.empty());
  WriteFileWhole(pictures[1].path, "as it is");
  CHECK(run("").at(0).content == content);
  CHECK(worked_on == std::vector<std::string>{"1"});
  // Another picture under the name of a lost one need not be lost.
  WriteFileWhole(pictures[2].path, "as it is");
  CHECK(run("").at(2).kind == JournalEntry::Kind::kDone);
  CHECK(worked_on == std::vector<std::string>{"2"});
  run("");
  CHECK(worked_on.empty());
}

}  // namespace
}  // namespace deeper::tools
