#include "tools/run/keep_before.h"

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a file that is replaced stays beside the new one, and the same file leaves no copy") {
  const test::TemporaryDirectory directory;
  const fs::path file = directory / "model";
  const fs::path before = directory / "model.before";
  const auto write = [&](const char* text) {
    WriteKeepingBefore(file,
                       [&](const fs::path& path) { WriteFileWhole(path, std::string_view(text)); });
  };
  write("first");
  CHECK(ReadTextFile(file) == "first");
  CHECK_FALSE(fs::exists(before));
  write("second");
  CHECK(ReadTextFile(file) == "second");
  CHECK(ReadTextFile(before) == "first");
  write("second");
  CHECK(ReadTextFile(before) == "first");
  write("third");
  CHECK(ReadTextFile(before) == "second");
  CHECK_FALSE(fs::exists(directory / "model.new"));
}

TEST_CASE("where the copy cannot be kept the file stays as it is") {
  const test::TemporaryDirectory directory;
  const fs::path file = directory / "model";
  WriteFileWhole(file, std::string_view("first"));
  fs::create_directories(directory / "model.before");
  CHECK_THROWS(WriteKeepingBefore(
      file, [&](const fs::path& path) { WriteFileWhole(path, std::string_view("second")); }));
  CHECK(ReadTextFile(file) == "first");
}

}  // namespace
}  // namespace deeper::tools
