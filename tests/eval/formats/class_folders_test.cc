#include "tools/class_folders.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

TEST_CASE("folders are classes, in the order of their names; empty ones and other files are not") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"dog/b.jpg", "dog/a.png", "cat/c.jpg", "dog/notes.txt", "stray.jpg"})
    WriteFileWhole(directory / name, std::string_view("x"));
  std::filesystem::create_directories(directory / "bird");
  const Dataset dataset = ReadClassFolders(directory.path());
  REQUIRE(dataset.classes.Size() == 2);
  CHECK(dataset.classes.Name(ClassAt(0)) == "cat");
  REQUIRE(dataset.images.size() == 3);
  CHECK(dataset.images[0].id == "cat/c");
  CHECK(dataset.images[1].id == "dog/a");
  CHECK(dataset.images[1].annotations.front().class_id == ClassAt(1));
}

TEST_CASE("a directory without two classes is refused") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "cat" / "c.jpg", std::string_view("x"));
  CHECK_THROWS_WITH(ReadClassFolders(directory.path()), Catch::Contains("two classes"));
  CHECK_THROWS_AS(ReadClassFolders(directory / "none"), Error);
}

TEST_CASE("each thing comes once an epoch, also where batches go across epochs") {
  EpochSampler sampler(10, 4, 1);
  std::vector<std::size_t> drawn;
  for (std::uint64_t number = 0; number < 5; ++number) {
    const std::vector<std::size_t> batch = sampler.Batch(number);
    drawn.insert(drawn.end(), batch.begin(), batch.end());
  }
  std::vector<std::size_t> first(drawn.begin(), drawn.begin() + 10);
  std::vector<std::size_t> second(drawn.begin() + 10, drawn.end());
  CHECK(first != second);
  for (std::vector<std::size_t>* epoch : {&first, &second}) {
    std::sort(epoch->begin(), epoch->end());
    for (std::size_t i = 0; i < 10; ++i) CHECK((*epoch)[i] == i);
  }
}

TEST_CASE("a batch is a function of its number and the seed, whatever was drawn before") {
  EpochSampler fresh(10, 4, 1);
  EpochSampler used(10, 4, 1);
  for (std::uint64_t number = 0; number < 9; ++number) used.Batch(number);
  CHECK(fresh.Batch(2) == used.Batch(2));
  CHECK(fresh.Batch(2) != EpochSampler(10, 4, 2).Batch(2));
}

}  // namespace
}  // namespace deeper::tools
