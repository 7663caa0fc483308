#include "core/pictures/picture_files.h"

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

void Touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "x";
}

std::vector<std::string> IdsOf(const std::vector<Picture>& pictures) {
  std::vector<std::string> ids;
  for (const Picture& picture : pictures) ids.push_back(picture.id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("a directory gives the pictures below it, named by their relative paths") {
  const test::TemporaryDirectory directory;
  Touch(directory / "b.JPG");
  Touch(directory / "sub/deep/a.png");
  Touch(directory / "notes.txt");
  const std::vector<Picture> pictures = FindPictures({directory.path().string()});
  CHECK(IdsOf(pictures) == Ids{"b", "sub/deep/a"});
  CHECK(pictures[1].path == directory / "sub/deep/a.png");
  CHECK(pictures[0].file_name == "b.JPG");
  CHECK(pictures[1].file_name == "sub/deep/a.png");
}

TEST_CASE("a picture of a data set has its id with the ending of its file as file name") {
  CHECK(NameWithEnding("a/v1.2", "x/v1.2.JPG") == "a/v1.2.JPG");
  CHECK(NameWithEnding("a.png", "x/a.png") == "a.png");
  CHECK(NameWithEnding("a", "").empty());
}

TEST_CASE("files of other programs and of other kinds are passed over and counted") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"a.jpg",
                           "b.JFIF",
                           "._a.jpg",
                           "__MACOSX/._a.jpg",
                           "__MACOSX/x.jpg",
                           ".git/c.jpg",
                           "@eaDir/a.jpg",
                           "notes.txt",
                           "clip.mp4"}) {
    Touch(directory / name);
  }
  const FoundPictures found = LookForPictures({directory.path().string()});
  CHECK(IdsOf(found.pictures) == Ids{"a", "b"});
  CHECK(found.passed_over.other_programs == 4);  // with all in them
  CHECK(found.passed_over.other_files == 2);
  CHECK(IdsOf(LookForPictures({directory.path().string()}, {.with_videos = true}).pictures) ==
        Ids{"a", "b", "clip"});
  CHECK(IdsOf(FindPictures({(directory / ".git").string()})) == Ids{"c"});
  CHECK_THROWS_WITH(FindPictures({(directory / "__MACOSX/..").string() + "/nothing"}),
                    Catch::Contains("no such file"));
}

TEST_CASE("a drawing's name fits file systems and still tells pictures apart") {
  CHECK(DrawingFile("sub/a") == "sub/a.jpg");
  const std::string longest(251, 'x');
  CHECK(DrawingFile(longest) == longest + ".jpg");
  const fs::path jpg = DrawingFile("sub/" + longest + ".jpg");
  const fs::path png = DrawingFile("sub/" + longest + ".png");
  CHECK(jpg.filename().string().size() <= 255);
  CHECK(jpg.parent_path() == "sub");
  CHECK(jpg != png);
}

TEST_CASE("a list's lines may be quoted, in UTF-16 and of Windows") {
  const test::TemporaryDirectory directory;
  Touch(directory / "sub/my a.jpg");
  Touch(directory / "sub/b.jpg");
  const std::string lines = "\"sub\\my a.jpg\"\r\n  sub\\b.jpg \r\n";
  std::string wide = "\xFF\xFE";
  for (const char c : lines) wide += std::string{c, '\0'};
  for (const std::string& text : {lines, "\xEF\xBB\xBF" + lines, wide}) {
    std::ofstream(directory / "list.txt", std::ios::binary) << text;
    CHECK(IdsOf(FindPictures({fmt::format("@{}", (directory / "list.txt").string())})) ==
          Ids{"sub/b", "sub/my a"});
  }
}

TEST_CASE("a file is taken whatever its name, and once") {
  const test::TemporaryDirectory directory;
  Touch(directory / "picture.bin");
  const std::string word = (directory / "picture.bin").string();
  CHECK(IdsOf(FindPictures({word, word})) == Ids{"picture"});
}

TEST_CASE("a pattern gives the files that match") {
  const test::TemporaryDirectory directory;
  Touch(directory / "a1.jpg");
  Touch(directory / "a2.jpg");
  Touch(directory / "b1.jpg");
  CHECK(IdsOf(FindPictures({(directory / "a?.jpg").string()})) == Ids{"a1", "a2"});
}

TEST_CASE("a list file's relative words count from its own directory") {
  const test::TemporaryDirectory directory;
  Touch(directory / "sub/a.jpg");
  std::ofstream(directory / "list.txt") << "sub/a.jpg\r\n\n";
  const std::string word = fmt::format("@{}", (directory / "list.txt").string());
  CHECK(IdsOf(FindPictures({word})) == Ids{"sub/a"});
}

TEST_CASE("pictures that differ in their extension alone keep it") {
  const test::TemporaryDirectory directory;
  Touch(directory / "a.jpg");
  Touch(directory / "a.png");
  Touch(directory / "b.png");
  CHECK(IdsOf(FindPictures({directory.path().string()})) == Ids{"a.jpg", "a.png", "b"});
}

TEST_CASE("pictures of the same name from two inputs get different ids") {
  const test::TemporaryDirectory directory;
  Touch(directory / "one/a.jpg");
  Touch(directory / "two/a.jpg");
  const std::vector<Picture> pictures =
      FindPictures({(directory / "one").string(), (directory / "two").string()});
  CHECK(IdsOf(pictures) == Ids{"a.jpg", "a.jpg~2"});
}

TEST_CASE("an id that numbers would give is not given twice") {
  const test::TemporaryDirectory directory;
  std::vector<std::string> words;
  for (const char* file :
       {"1/a.jpg", "2/a.jpg", "3/a.jpg", "4/a.jpg~2", "5/a.jpg~3", "6/a.jpg", "7/a.jpg~2"}) {
    Touch(directory / file);
    words.push_back((directory / file).string());
  }
  const Ids ids = IdsOf(FindPictures(words));
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == words.size());
}

TEST_CASE("no id climbs out of the output directory") {
  const test::TemporaryDirectory directory;
  Touch(directory / "a.jpg");
  fs::create_directories(directory / "sub");
  const std::string word = (directory / "sub/../a.jpg").string();
  for (const Picture& picture : FindPictures({word})) {
    CHECK(fs::path(picture.id).is_relative());
    CHECK(picture.id.find("..") == std::string::npos);
  }
}

TEST_CASE("links to pictures are taken, links to directories lead neither out nor in circles") {
  const test::TemporaryDirectory outside;
  Touch(outside / "far.jpg");
  const test::TemporaryDirectory directory;
  Touch(directory / "near.jpg");
  fs::create_symlink(outside / "far.jpg", directory / "link.jpg");
  fs::create_symlink(outside / "gone.jpg", directory / "dangling.jpg");
  fs::create_directory_symlink(outside.path(), directory / "out");
  fs::create_directory_symlink(directory.path(), directory / "circle");
  const FoundPictures found = LookForPictures({directory.path().string()});
  CHECK(IdsOf(found.pictures) == Ids{"link", "near"});
  CHECK(found.passed_over.unreadable == 3);  // both, and the link to nothing
  CHECK(IdsOf(FindPictures({(directory / "out").string()})) == Ids{"far"});
}

TEST_CASE("a word that names nothing and a directory without pictures are errors that name them") {
  const test::TemporaryDirectory directory;
  CHECK_THROWS_AS(FindPictures({(directory / "missing.jpg").string()}), Error);
  CHECK_THROWS_WITH(FindPictures({directory.path().string()}),
                    Catch::Contains(directory.path().string()) && Catch::Contains("found none"));
}

}  // namespace
}  // namespace deeper
