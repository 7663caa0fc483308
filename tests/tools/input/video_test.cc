#include "tools/input/video.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>

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

TEST_CASE("a video among files whose names are like those that it needs touches none of them") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "clip.part.avi", "a user's");
  MakeVideo(directory, 2);
  CHECK(ReadTextFile(directory / "clip.part.avi") == "a user's");
}

TEST_CASE("frames of a video have no id of another picture") {
  const test::TemporaryDirectory directory;
  const fs::path clip = MakeVideo(directory, 2);
  std::vector<Picture> pictures = {{.path = clip, .id = "clip"},
                                   {.path = "clip/000000.jpg", .id = "clip/000000"},
                                   {.path = "clip.avi/1.jpg", .id = "clip.avi/1"},
                                   {.path = clip, .id = "other"}};
  NameVideosApart(pictures);
  CHECK(pictures[0].id == "clip.avi-2");
  CHECK(pictures[1].id == "clip/000000");
  CHECK(pictures[3].id == "other");
  ReplaceVideos(pictures, directory / "frames", 1);
  std::set<std::string> ids;
  for (const Picture& picture : pictures) ids.insert(picture.id);
  CHECK(ids.size() == pictures.size());
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

TEST_CASE("videos are known by their content, and by their endings where that does not tell") {
  const test::TemporaryDirectory directory;
  const auto is_video = [&](const char* name, const std::string& content) {
    WriteFileWhole(directory / name, std::string_view(content));
    return IsVideo(directory / name);
  };
  const std::string mp4(
      "\0\0\0\x1C"
      "ftypisom",
      12);
  CHECK(is_video("a.bin", mp4));
  CHECK(is_video("a.jpg", mp4));
  CHECK(is_video("clip.3gp", "unknown"));
  CHECK(is_video("clip.mjpeg", "\xFF\xD8\xFF\xE0"));
  CHECK_FALSE(is_video("clip.jpg", "\xFF\xD8\xFF\xE0"));
  CHECK_FALSE(is_video("clip.avi", "\x89PNG\r\n\x1A\n"));
  CHECK_FALSE(is_video("avi", "unknown"));
  CHECK(IsVideo("missing.AVI"));
}

TEST_CASE("frames are turned as the video's display matrix says") {
  // The same frames, of 320 x 240, with four matrices: ffprobe shows -90 (clockwise), 90 and 180.
  const test::TemporaryDirectory directory;
  const auto first = [&](const std::string& name) {
    const VideoFrames frames =
        ExtractFrames({.path = fs::path(DEEPER_TEST_VIDEOS) / (name + ".mp4"), .id = name},
                      directory / "frames",
                      1);
    return ReadImage(frames.frames.at(0).path);
  };
  const Image plain = first("plain");
  const int width = plain.width;
  const int height = plain.height;
  // Where the pixel at x, y of the turned frame is in the plain one.
  const auto difference = [&](const Image& turned, const auto& place) {
    double sum = 0;
    for (int y = 0; y < turned.height; ++y) {
      for (int x = 0; x < turned.width; ++x) {
        const auto [from_x, from_y] = place(x, y);
        for (int c = 0; c < 3; ++c) {
          sum += std::abs(turned.Row(y)[3 * x + c] - plain.Row(from_y)[3 * from_x + c]);
        }
      }
    }
    return sum / (3.0 * width * height);
  };
  constexpr double kOfCompression = 4;
  const Image clockwise = first("phone");
  REQUIRE(clockwise.width == height);
  CHECK(difference(clockwise, [&](int x, int y) { return std::pair(y, height - 1 - x); }) <
        kOfCompression);
  CHECK(difference(clockwise, [&](int x, int y) { return std::pair(width - 1 - y, x); }) >
        kOfCompression);
  const Image counter = first("ccw");
  REQUIRE(counter.width == height);
  CHECK(difference(counter, [&](int x, int y) { return std::pair(width - 1 - y, x); }) <
        kOfCompression);
  const Image half = first("turned180");
  CHECK(difference(half, [&](int x, int y) { return std::pair(width - 1 - x, height - 1 - y); }) <
        kOfCompression);
}

}  // namespace
}  // namespace deeper::tools
