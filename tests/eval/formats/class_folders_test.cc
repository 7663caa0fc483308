#include "eval/formats/class_folders.h"

#include <string_view>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
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

}  // namespace
}  // namespace deeper
