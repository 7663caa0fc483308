#include "tools/run/written_files.h"

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

TEST_CASE("what an earlier run of the verb wrote and the last one did not is removed") {
  const test::TemporaryDirectory directory;
  const fs::path& place = directory.path();
  for (const char* name : {"a.txt", "below/deep/b.txt", "below/c.txt", "mine.txt"}) {
    WriteFileWhole(place / name, name);
  }
  KeepOnly(place, "detect", {"a.txt", "below/deep/b.txt", "below/c.txt"});
  CHECK(WrittenFiles(place) == FileNames{"a.txt", "below/c.txt", "below/deep/b.txt"});
  KeepOnly(place, "detect", {"below/c.txt"});
  CHECK_FALSE(fs::exists(place / "a.txt"));
  CHECK_FALSE(fs::exists(place / "below/deep"));
  CHECK(fs::exists(place / "below/c.txt"));
  CHECK(fs::exists(place / "mine.txt"));
}

TEST_CASE("a verb removes no other verb's files") {
  const test::TemporaryDirectory directory;
  const fs::path& place = directory.path();
  for (const char* name : {"a.txt", "both.txt", "c.txt"}) WriteFileWhole(place / name, name);
  KeepOnly(place, "detect", {"a.txt", "both.txt"});
  KeepOnly(place, "show", {"both.txt", "c.txt"});
  KeepOnly(place, "show", {});
  CHECK(WrittenFiles(place) == FileNames{"a.txt", "both.txt"});
  CHECK(fs::exists(place / "a.txt"));
  CHECK(fs::exists(place / "both.txt"));
  CHECK_FALSE(fs::exists(place / "c.txt"));
}

TEST_CASE("a file that is neither planned nor listed is refused by name") {
  const test::TemporaryDirectory directory;
  const fs::path& place = directory.path();
  KeepOnly(place, "detect", {"listed"});
  RequireNoOthers(place, {"listed", "planned"}, {"planned"});
  CHECK_THROWS_WITH(RequireNoOthers(place, {"other"}, {"planned"}),
                    Catch::Contains("other: would lie among the results of this run"));
}

TEST_CASE("a list that is none, or that names files elsewhere, is refused") {
  const test::TemporaryDirectory directory;
  const fs::path list = directory / kWrittenFilesName;
  for (const char* text : {"",
                           "[1]",
                           "{\"detect\": [1]}",
                           "{\"detect\": [\"../a\"]}",
                           "{\"detect\": [\"/etc/passwd\"]}"}) {
    CAPTURE(text);
    WriteFileWhole(list, text);
    CHECK_THROWS_AS(WrittenFiles(directory.path()), Error);
    CHECK_THROWS_AS(KeepOnly(directory.path(), "detect", {}), Error);
  }
}

}  // namespace
}  // namespace deeper::tools
