#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/pictures/picture_files.h"
#include "tests/support/catch.h"
#include "tests/support/growth.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

TEST_CASE("the time to name pictures of one file name in many folders grows with their number") {
  const test::TemporaryDirectory directory;
  std::vector<std::string> words;
  for (int i = 0; i < 12000; ++i) {
    const fs::path folder = directory / fmt::format("{:05}", i);
    fs::create_directory(folder);
    std::ofstream(folder / "image.jpg") << "x";
    words.push_back((folder / "image.jpg").string());
  }
  const double growth = test::GrowthByFour(3000, [&](std::size_t count) {
    return [named = std::vector<std::string>(words.begin(),
                                             words.begin() + static_cast<std::ptrdiff_t>(count))] {
      REQUIRE(FindPictures(named).size() == named.size());
    };
  });
  CHECK(growth < test::kMostGrowth);
}

}  // namespace
}  // namespace deeper
