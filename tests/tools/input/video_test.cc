#include "tools/input/video.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/read_image.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

// A video of `count` frames; each is lighter by 20 than the one before.
fs::path MakeVideo(const test::TemporaryDirectory& directory, int count) {
  std::vector<fs::path> pictures;
  for (int i = 0; i < count; ++i) {
    const auto gray = static_cast<std::uint8_t>(20 * i);
    pictures.push_back(directory / ("in/" + std::to_string(i) + ".jpg"));
    WriteFileWhole(pictures.back(), EncodeJpeg(MakeImage(96, 64, gray, gray, gray)));
  }
  WriteVideo(pictures, 12.5, directory / "clip.avi");
  return directory / "clip.avi";
}

int GrayOf(const Picture& picture) { return ReadImage(picture.path).bgr[3 * 96 * 32 + 3 * 48]; }

TEST_CASE("a written video gives back its frames, their order and its rate") {
  const test::TemporaryDirectory directory;
  const fs::path clip = MakeVideo(directory, 8);
  const VideoFrames read = ExtractFrames({.path = clip, .id = "clip"}, directory / "frames", 1);
  REQUIRE(read.frames.size() == 8);
  CHECK(read.fps == Approx(12.5));
  CHECK_FALSE(read.is_cut);
  CHECK(read.frames[3].id == "clip/000003");
  for (int i = 0; i < 8; ++i) {
    CAPTURE(i);
    CHECK(std::abs(GrayOf(read.frames[static_cast<std::size_t>(i)]) - 20 * i) <= 4);
  }
  CHECK_FALSE(fs::exists(directory / "clip.part.avi"));
}

TEST_CASE("every third frame keeps the frames' own numbers") {
  const test::TemporaryDirectory directory;
  const fs::path clip = MakeVideo(directory, 8);
  const VideoFrames read = ExtractFrames({.path = clip, .id = "clip"}, directory / "frames", 3);
  REQUIRE(read.frames.size() == 3);
  CHECK(read.frames[2].id == "clip/000006");
  CHECK(std::abs(GrayOf(read.frames[2]) - 120) <= 4);
}

TEST_CASE("a video that ends too early gives what it has and says so, or is refused") {
  const test::TemporaryDirectory directory;
  const fs::path clip = MakeVideo(directory, 8);
  const std::vector<std::uint8_t> whole = ReadFile(clip);
  for (std::size_t part = 1; part <= 9; ++part) {
    CAPTURE(part);
    WriteFileWhole(directory / "cut.avi", std::span(whole).first(whole.size() * part / 10));
    const Picture cut{.path = directory / "cut.avi", .id = "cut"};
    try {
      const VideoFrames read = ExtractFrames(cut, directory / "frames", 1);
      CHECK(read.frames.size() <= 8);
      CHECK((read.is_cut || read.frames.size() == 8));
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("expected a video") != std::string::npos);
    }
  }
}

TEST_CASE("what is no video is refused with its name") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "text.avi", "this is no video");
  WriteFileWhole(directory / "empty.mp4", "");
  for (const char* name : {"text.avi", "empty.mp4", "missing.avi", "."}) {
    CAPTURE(name);
    CHECK_THROWS_AS(ExtractFrames({.path = directory / name, .id = "v"}, directory / "frames", 1),
                    Error);
  }
  CHECK_FALSE(fs::exists(directory / "frames"));
}

TEST_CASE("frames of two sizes are no video") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "a.jpg", EncodeJpeg(MakeImage(96, 64, 1, 2, 3)));
  WriteFileWhole(directory / "b.jpg", EncodeJpeg(MakeImage(64, 64, 1, 2, 3)));
  CHECK_THROWS_WITH(WriteVideo({directory / "a.jpg", directory / "b.jpg"}, 5, directory / "v.avi"),
                    Catch::Contains("64 x 64"));
  CHECK_FALSE(fs::exists(directory / "v.avi"));
  CHECK_FALSE(fs::exists(directory / "v.part.avi"));
}

TEST_CASE("videos are known by their endings") {
  CHECK(IsVideoName("a/b.MP4"));
  CHECK(IsVideoName("clip.avi"));
  CHECK_FALSE(IsVideoName("avi"));
  CHECK_FALSE(IsVideoName("clip.avi.jpg"));
}

}  // namespace
}  // namespace deeper::tools
