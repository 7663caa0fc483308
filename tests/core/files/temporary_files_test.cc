#include "core/files/temporary_files.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

TEST_CASE("temporary files of dead processes and of our own past are removed, others stay") {
  const test::TemporaryDirectory directory;
  const std::string ours = TemporaryName(0);
  const std::string own = std::to_string(getpid());
  REQUIRE(ours.ends_with("-" + own + "-0.tmp"));
  const std::string here = ours.substr(0, ours.size() - (own + "-0.tmp").size());
  const std::string dead = "1999999999-0.tmp";  // no process has this number
  const std::vector<std::string> stay = {here + std::to_string(getppid()) + "-0.tmp",
                                         here + "x-0.tmp",
                                         here + "1999999999",
                                         "a.tmp",
                                         // Of another machine or container, and of none.
                                         ".deeper-0123abcd-" + dead,
                                         ".deeper-" + dead};
  const std::vector<std::string> go = {here + dead, ours};
  for (const auto& names : {stay, go}) {
    for (const std::string& name : names) std::ofstream(directory / name) << "x";
  }
  RemoveAbandonedTemporaries(directory.path());
  for (const std::string& name : stay) CHECK(fs::exists(directory / name));
  for (const std::string& name : go) CHECK_FALSE(fs::exists(directory / name));
  CHECK_NOTHROW(RemoveAbandonedTemporaries(directory / "missing"));

  fs::create_directories(directory / "a/b");
  for (const char* place : {"a", "a/b"}) std::ofstream(directory / place / (here + dead)) << "x";
  RemoveAbandonedTemporaries(directory.path());
  CHECK(fs::exists(directory / "a" / (here + dead)));
  RemoveAbandonedTemporariesBelow(directory.path());
  for (const char* place : {"a", "a/b"}) CHECK_FALSE(fs::exists(directory / place / (here + dead)));
  CHECK_NOTHROW(RemoveAbandonedTemporariesBelow(directory / "missing"));
}

}  // namespace
}  // namespace deeper
