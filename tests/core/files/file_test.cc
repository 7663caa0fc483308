#include "core/files/file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/files/directory_sync.h"
#include "core/files/temporary_files.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;
using test::TemporaryDirectory;
using Views = std::vector<std::string_view>;

std::size_t EntriesIn(const fs::path& directory) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

// Makes writes beyond `bytes` fail while this exists, like a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_ = SIG_DFL;
};

TEST_CASE("what was written is read back, every byte value and none added") {
  const TemporaryDirectory directory;
  std::string content;
  for (int i = 0; i < 256; ++i) content += static_cast<char>(i);
  WriteFileWhole(directory / "a", content);
  REQUIRE(ReadTextFile(directory / "a") == content);
  const std::vector<std::uint8_t> bytes = ReadFile(directory / "a");
  REQUIRE(bytes.size() == 256);
  REQUIRE(bytes[255] == 255);
  WriteFileWhole(directory / "a", std::string_view());
  REQUIRE(ReadFile(directory / "a").empty());
}

TEST_CASE("writing makes missing directories and leaves no temporary file") {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "one/two/file.txt", "hello");
  REQUIRE(ReadTextFile(directory / "one/two/file.txt") == "hello");
  REQUIRE(EntriesIn(directory / "one/two") == 1);
}

TEST_CASE("a missing file is an error that names it and says why") {
  const TemporaryDirectory directory;
  REQUIRE_THROWS_AS(ReadFile(directory / "absent"), Error);
  REQUIRE_THROWS_WITH(ReadFile(directory / "absent"),
                      Catch::Contains("absent") && Catch::Contains("No such file"));
}

TEST_CASE("a FIFO is refused at once, though nobody writes to it") {
  const TemporaryDirectory directory;
  REQUIRE(mkfifo((directory / "pipe").c_str(), 0600) == 0);
  REQUIRE_THROWS_WITH(ReadFile(directory / "pipe"), Catch::Contains("not a regular file"));
}

TEST_CASE("a directory is refused for reading and for writing") {
  const TemporaryDirectory directory;
  REQUIRE_THROWS_WITH(ReadFile(directory.path()), Catch::Contains("is a directory"));
  REQUIRE_THROWS_WITH(WriteFileWhole(directory.path(), "x"), Catch::Contains("is a directory"));
}

TEST_CASE("a device is not replaced by a file") {
  REQUIRE_THROWS_WITH(WriteFileWhole("/dev/null", "x"), Catch::Contains("not a regular file"));
  REQUIRE(fs::is_character_file("/dev/null"));
}

TEST_CASE("a file over the limit is refused, one at the limit is read") {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "a", "12345");
  REQUIRE(ReadTextFile(directory / "a", 5) == "12345");
  REQUIRE_THROWS_WITH(ReadTextFile(directory / "a", 4),
                      Catch::Contains("has 5 bytes") && Catch::Contains("at most 4"));
}

TEST_CASE("an open file gives any part of itself, though its name goes to another") {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "a", "0123456789");
  const InputFile file(directory / "a");
  WriteFileWhole(directory / "a", "other");
  std::vector<std::uint8_t> part(3);
  file.ReadAt(7, part);
  REQUIRE(file.size() == 10);
  REQUIRE(part == std::vector<std::uint8_t>{'7', '8', '9'});
  REQUIRE_THROWS_AS(file.ReadAt(8, part), ContractViolation);
}

TEST_CASE("a file that was cut after it was opened is an error, not a wait or zeros") {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "a", "0123456789");
  const InputFile file(directory / "a");
  fs::resize_file(directory / "a", 4);
  std::vector<std::uint8_t> part(10);
  REQUIRE_THROWS_WITH(file.ReadAt(0, part), Catch::Contains("became shorter"));
}

TEST_CASE("a write that fails half-way leaves the old file and no temporary one") {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "a", "old");
  {
    const FileSizeLimit limit(1000);
    REQUIRE_THROWS_WITH(
        WriteFileWhole(directory / "a", std::string(5000, 'n')),
        Catch::Contains((directory / "a").string()) && Catch::Contains("File too large"));
  }
  REQUIRE(ReadTextFile(directory / "a") == "old");
  REQUIRE(EntriesIn(directory.path()) == 1);
}

TEST_CASE("a file cannot be written below another file") {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "a", "old");
  REQUIRE_THROWS_AS(WriteFileWhole(directory / "a/b", "x"), WriteError);
  REQUIRE(ReadTextFile(directory / "a") == "old");
}

TEST_CASE("whether a file can be written is known beforehand, and nothing is left behind") {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "a", "old");
  REQUIRE_NOTHROW(RequireWritable(directory / "a"));
  REQUIRE_NOTHROW(RequireWritable(directory / "below/b"));
  REQUIRE(ReadTextFile(directory / "a") == "old");
  REQUIRE(EntriesIn(directory.path()) == 2);
  REQUIRE(EntriesIn(directory / "below") == 0);
  REQUIRE_THROWS_AS(RequireWritable(directory / "a/b"), WriteError);
  REQUIRE_THROWS_WITH(RequireWritable(directory / "below"),
                      Catch::Contains("below: is a directory, expected a file"));
  REQUIRE_THROWS_AS(RequireWritable("/proc/deeper"), WriteError);
}

TEST_CASE("writing through a symbolic link replaces the file behind it") {
  const TemporaryDirectory directory;
  WriteFileWhole(directory / "real/file", "old");
  fs::create_symlink(directory / "real/file", directory / "link");
  WriteFileWhole(directory / "link", "new");
  REQUIRE(fs::is_symlink(directory / "link"));
  REQUIRE(ReadTextFile(directory / "real/file") == "new");
}

TEST_CASE("a file system that knows no sync of directories fails no write, a failing disk does") {
  for (const int code : {EINVAL, ENOSYS, EOPNOTSUPP}) CHECK(SaysThatItCannotSync(code));
  for (const int code : {EIO, ENOSPC, EDQUOT}) CHECK_FALSE(SaysThatItCannotSync(code));
}

TEST_CASE("a temporary file that a dead process left is not touched") {
  const TemporaryDirectory directory;
  // The counter starts anywhere, so occupy the names that could come next.
  for (int i = 0; i < 200; ++i) {
    std::ofstream(directory / TemporaryName(static_cast<std::uint64_t>(i))) << "left";
  }
  WriteFileWhole(directory / "a", "new");
  REQUIRE(ReadTextFile(directory / "a") == "new");
  REQUIRE(EntriesIn(directory.path()) == 201);
}

TEST_CASE("many threads write many files without disturbing each other") {
  const TemporaryDirectory directory;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&directory, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        WriteFileWhole(directory / "files" / name, name);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(EntriesIn(directory / "files") == 40);
  REQUIRE(ReadTextFile(directory / "files/3-7") == "3-7");
}

TEST_CASE("lines come without their ends, whatever the last line has") {
  REQUIRE(SplitLines("a\nb\n") == Views{"a", "b"});
  REQUIRE(SplitLines("a\r\n\r\nb") == Views{"a", "", "b"});
  REQUIRE(SplitLines("\n") == Views{""});
  REQUIRE(SplitLines("").empty());
  REQUIRE(SplitLines("a\rb") == Views{"a\rb"});
}

TEST_CASE("fields are what stands between runs of spaces and tabs") {
  REQUIRE(SplitFields("  a \t bc\td ") == Views{"a", "bc", "d"});
  REQUIRE(SplitFields("abc") == Views{"abc"});
  REQUIRE(SplitFields(" \t").empty());
  REQUIRE(SplitFields("").empty());
}

}  // namespace
}  // namespace deeper
