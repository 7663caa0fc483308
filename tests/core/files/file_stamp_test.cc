#include "core/files/file_stamp.h"

#include <chrono>
#include <filesystem>

#include "core/files/file.h"
#include "core/files/sha256.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a file's stamp changes with its size and its time, and stays when it is only read") {
  const test::TemporaryDirectory directory;
  const fs::path path = directory / "a";
  CHECK(StampOf(path).empty());
  WriteFileWhole(path, "one");
  const std::string stamp = StampOf(path);
  CHECK(!stamp.empty());
  CHECK(ReadTextFile(path) == "one");
  CHECK(StampOf(path) == stamp);
  fs::last_write_time(path, fs::last_write_time(path) - std::chrono::seconds(1));
  CHECK(StampOf(path) != stamp);
  const auto time = fs::last_write_time(path);
  const std::string before = StampOf(path);
  WriteFileWhole(path, "one more");
  fs::last_write_time(path, time);
  CHECK(StampOf(path) != before);
  fs::create_symlink(path, directory / "link");
  CHECK(StampOf(directory / "link") == StampOf(path));
}

TEST_CASE("the digest follows the file's content") {
  const test::TemporaryDirectory directory;
  const fs::path path = directory / "a";
  CHECK(DigestByStamp(path).empty());
  for (const char* content : {"one", "two", "one"}) {
    WriteFileWhole(path, content);
    CHECK(DigestByStamp(path) == DigestOfFile(path));
    CHECK(DigestByStamp(path) == DigestOfFile(path));
  }
}

}  // namespace
}  // namespace deeper
