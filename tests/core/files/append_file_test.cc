#include "core/files/append_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

TEST_CASE("appended lines follow what the file held, in directories that are made") {
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / "a/b/lines";
  { AppendFile(path).Append("one\n"); }
  AppendFile file(path);
  file.Append("two\n");
  CHECK(file.AppendFromSignalHandler("three\n"));
  CHECK(file.Content() == "one\ntwo\nthree\n");
  file.Truncate(4);
  file.Append("2\n");
  CHECK(ReadTextFile(path) == "one\n2\n");
}

TEST_CASE("two owners at once are refused, one after the other are not") {
  const test::TemporaryDirectory directory;
  std::optional<AppendFile> first(directory / "lines");
  CHECK_THROWS_WITH(AppendFile(directory / "lines"),
                    Catch::Contains("another process is at work on it"));
  first.reset();
  CHECK_NOTHROW(AppendFile(directory / "lines"));
}

TEST_CASE("a removed file is no longer the owner's name, which another may take") {
  const test::TemporaryDirectory directory;
  AppendFile first(directory / "lines");
  first.Append("old");
  first.Remove();
  AppendFile second(directory / "lines");
  CHECK(second.Content().empty());
}

TEST_CASE("lines of several threads do not mix") {
  const test::TemporaryDirectory directory;
  AppendFile file(directory / "lines");
  const std::string a(300, 'a');
  const std::string b(300, 'b');
  {
    const auto append = [&](const std::string& line) {
      for (int i = 0; i < 50; ++i) file.Append(line + "\n");
    };
    const std::jthread one([&] { append(a); });
    const std::jthread two([&] { append(b); });
  }
  const std::string content = file.Content();
  const std::vector<std::string_view> lines = SplitLines(content);
  CHECK(lines.size() == 100);
  for (const std::string_view line : lines) CHECK((line == a || line == b));
}

TEST_CASE("a directory, a FIFO and a read-only place are errors that name the file") {
  const test::TemporaryDirectory directory;
  CHECK_THROWS_WITH(AppendFile(directory.path()), Catch::Contains(directory.path().string()));
  REQUIRE(mkfifo((directory / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(AppendFile(directory / "fifo"), Catch::Contains("not a regular file"));
  CHECK_THROWS_AS(AppendFile("/proc/deeper/lines"), WriteError);
}

}  // namespace
}  // namespace deeper
