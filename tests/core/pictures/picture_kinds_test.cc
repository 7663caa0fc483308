#include "core/pictures/picture_kinds.h"

#include <string>
#include <string_view>
#include <vector>

#include "core/files/file.h"
#include "core/pictures/picture_finder.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;
using namespace std::string_view_literals;

namespace {

std::string NameOf(std::string_view content) {
  const std::vector<std::uint8_t> bytes(content.begin(), content.end());
  const ContentKind* kind = KindOfContent(bytes);
  return kind == nullptr ? "" : std::string(kind->name);
}

ContentRole RoleOf(std::string_view content) {
  const std::vector<std::uint8_t> bytes(content.begin(), content.end());
  const ContentKind* kind = KindOfContent(bytes);
  return kind == nullptr ? ContentRole::kOther : kind->role;
}

}  // namespace

TEST_CASE("the first bytes tell pictures, videos and well-known others apart") {
  CHECK(NameOf("\xFF\xD8\xFF\xE0") == "JPEG");
  CHECK(NameOf("GIF89a") == "GIF");
  CHECK(NameOf("\0\0\0\x18"
               "ftypheic"sv) == "HEIC");
  CHECK(NameOf("\0\0\0\x1C"
               "ftypavif"sv) == "AVIF");
  CHECK(RoleOf("\0\0\0\x1C"
               "ftypisom"sv) == ContentRole::kVideo);
  CHECK(RoleOf("\0\0\0\x14"
               "ftypqt  "sv) == ContentRole::kVideo);
  CHECK(RoleOf("\x1A\x45\xDF\xA3"sv) == ContentRole::kVideo);
  CHECK(RoleOf("RIFF....AVI LIST") == ContentRole::kVideo);
  CHECK(NameOf("RIFF....WEBPVP8 ") == "WebP");
  CHECK(NameOf("RIFF....WAVEfmt ").empty());
  CHECK(RoleOf("\x47" + std::string(187, 'x') + "\x47") == ContentRole::kVideo);
  CHECK(NameOf("version https://git-lfs.github.com/spec/v1\n").find("git lfs pull") !=
        std::string::npos);
  CHECK(NameOf("\n <!DOCTYPE HTML><html>").find("web page") != std::string::npos);
  CHECK(NameOf("<?xml version='1.0'?><svg/>") == "an SVG drawing");
  CHECK(NameOf("%PDF-1.7") == "a PDF document");
  CHECK(NameOf("hello").empty());
  CHECK(NameOf("").empty());
}

TEST_CASE("endings count in any letter case, and a dot in a name is none") {
  for (const char* name :
       {"a.jpg", "a.JPE", "a.jfif", "b/a.Jp2", "a.pnm", "a.heic", "a.AVIF", "a.gif"}) {
    CAPTURE(name);
    CHECK(HasPictureEnding(name));
  }
  for (const char* name : {"jpg", "a.jpg.txt", "a.mp4", "v1.2", ".jpg"}) {
    CAPTURE(name);
    CHECK_FALSE(HasPictureEnding(name));
  }
  for (const char* name : {"a.3gp", "a.ts", "a.wmv", "a.MOV", "a.mjpeg"}) {
    CAPTURE(name);
    CHECK(HasVideoEnding(name));
  }
  CHECK(WithoutPictureEnding("a/b.JPG") == "a/b");
  CHECK(WithoutPictureEnding("v1.2") == "v1.2");
  CHECK(WithoutPictureEnding("a.b/c") == "a.b/c");
  CHECK(WithoutPictureEnding("a_jpg.rf.0a1b.jpg") == "a_jpg.rf.0a1b");
  CHECK(WithoutPictureEnding("x/.jpg") == "x/.jpg");
}

TEST_CASE("files of other programs are known by their names") {
  for (const char* name :
       {"._a.jpg", "__MACOSX", ".git", "x/@eaDir", "Thumbs.db", "$RECYCLE.BIN"}) {
    CAPTURE(name);
    CHECK(IsOfAnotherProgram(name));
  }
  for (const char* name : {"a.jpg", "_a.jpg", "macosx", ".", ".."}) {
    CAPTURE(name);
    CHECK_FALSE(IsOfAnotherProgram(name));
  }
}

TEST_CASE("a picture is found however its name is written, and not where two could be meant") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"set1/a.jpg",
                           "my b.JPEG",
                           "one/c.jpg",
                           "two/c.jpg",
                           "d.png",
                           "d.jpg",
                           "lit\\eral.jpg",
                           ".hidden/e.jpg"}) {
    WriteFileWhole(directory / name, std::string_view("x"));
  }
  PictureFinder finder(directory.path());
  const auto find = [&](std::string_view name) -> std::string {
    const auto found = finder.Find(name);
    return found ? found->lexically_relative(directory.path()).string() : "";
  };
  CHECK(find("set1/a.jpg") == "set1/a.jpg");
  CHECK(find("set1\\a.jpg") == "set1/a.jpg");
  CHECK(find(".\\set1\\a") == "set1/a.jpg");
  CHECK(find("C:\\old\\a.jpg") == "set1/a.jpg");
  CHECK(find("my%20b.jpg") == "my b.JPEG");
  CHECK(find("c.jpg").empty());
  CHECK(find("one/c") == "one/c.jpg");
  CHECK(find("d") == "d.jpg");
  CHECK(find("d.png") == "d.png");
  CHECK(find("lit\\eral.jpg") == "lit\\eral.jpg");
  CHECK(find("/data/upload/3/0f3c9a2e-my_b.jpg") == "my b.JPEG");  // as Label Studio stores uploads
  CHECK(find("0f3c9a2x-my_b.jpg").empty());
  CHECK(find("e.jpg").empty());
  CHECK(find("").empty());
}
