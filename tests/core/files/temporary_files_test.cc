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
  const std::string alive = ".deeper-" + std::to_string(getppid()) + "-0.tmp";
  const std::vector<std::string> stay = {alive, ".deeper-x-0.tmp", ".deeper-1999999999", "a.tmp"};
  const std::vector<std::string> go = {".deeper-1999999999-0.tmp",  // no process has this number
                                       ".deeper-" + std::to_string(getpid()) + "-0.tmp"};
  for (const auto& names : {stay, go}) {
    for (const std::string& name : names) std::ofstream(directory / name) << "x";
  }
  RemoveAbandonedTemporaries(directory.path());
  for (const std::string& name : stay) CHECK(fs::exists(directory / name));
  for (const std::string& name : go) CHECK_FALSE(fs::exists(directory / name));
  CHECK_NOTHROW(RemoveAbandonedTemporaries(directory / "missing"));
}

}  // namespace
}  // namespace deeper
