#include "core/files/unfinished_files.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

TEST_CASE("an unfinished file is removed unless it was renamed, and takes over no other's name") {
  const test::TemporaryDirectory directory;
  {
    UnfinishedFile dropped(directory / "dropped");
    close(dropped.Make());
    CHECK(fs::exists(directory / "dropped"));
    UnfinishedFile kept(directory / "kept");
    close(kept.Make());
    CHECK(kept.RenameTo(directory / "result"));
    WriteFileWhole(directory / "other", "another's");
    UnfinishedFile second(directory / "other");
    CHECK(second.Make() == -1);
    CHECK(errno == EEXIST);
  }
  CHECK_FALSE(fs::exists(directory / "dropped"));
  CHECK(fs::exists(directory / "result"));
  CHECK(ReadTextFile(directory / "other") == "another's");
}

TEST_CASE("a process that is ended leaves no unfinished file, and what is finished") {
  const test::TemporaryDirectory directory;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    UnfinishedFile half(directory / "half");
    close(half.Make());
    WriteFileWhole(directory / "whole", "whole");
    RemoveUnfinishedFilesAndExit(143);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 143);
  CHECK_FALSE(fs::exists(directory / "half"));
  CHECK(fs::exists(directory / "whole"));
}

}  // namespace
}  // namespace deeper
