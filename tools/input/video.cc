#include "tools/input/video.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/unfinished_files.h"
#include "core/pictures/image_header.h"
#include "core/pictures/picture_kinds.h"
#include "core/pictures/read_image.h"
#include "eval/drawing/draw.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

constexpr double kUsualFps = 25;
constexpr int kJpegQuality = 95;
constexpr std::int64_t kMostPixels = 100'000'000;

Image ImageOf(const cv::Mat& frame) {
  Image image = MakeImage(frame.cols, frame.rows, 0, 0, 0);
  for (int y = 0; y < frame.rows; ++y) {
    std::memcpy(image.Row(y), frame.ptr(y), std::size_t{3} * static_cast<std::size_t>(frame.cols));
  }
  return image;
}

// Opens the file with those of OpenCV's backends that read files; the others look for cameras, and
// say on stderr that there are none.
bool Open(const std::string& file, cv::VideoCapture& capture) {
  // FFmpeg's own lines are no messages of ours. The variable is read when FFmpeg is first used.
  static const int quiet =
      setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);  // NOLINT(concurrency-mt-unsafe)
  static_cast<void>(quiet);
  for (const cv::VideoCaptureAPIs backend : {cv::CAP_FFMPEG, cv::CAP_OPENCV_MJPEG}) {
    try {
      if (capture.open(file, backend)) return true;
    } catch (const cv::Exception&) {
      capture.release();
    }
  }
  return false;
}

// By how many degrees, clockwise, frames are to be turned. OpenCV 4.6 alone reads the display
// matrix the other way round (its issue 22088), so its own turning is switched off.
int TurnOf(cv::VideoCapture& capture) {
  capture.set(cv::CAP_PROP_ORIENTATION_AUTO, 0);
  const double meta = capture.get(cv::CAP_PROP_ORIENTATION_META);
  if (!std::isfinite(meta)) return 0;
  const int degrees = ((static_cast<int>(std::lround(meta)) % 360) + 360) % 360;
  const bool is_inverted = cv::getVersionMajor() == 4 && cv::getVersionMinor() == 6;
  return is_inverted ? (360 - degrees) % 360 : degrees;
}

void Turn(int degrees, cv::Mat& frame) {
  if (degrees == 90) cv::rotate(frame, frame, cv::ROTATE_90_CLOCKWISE);
  if (degrees == 180) cv::rotate(frame, frame, cv::ROTATE_180);
  if (degrees == 270) cv::rotate(frame, frame, cv::ROTATE_90_COUNTERCLOCKWISE);
}

// Whether there was a next frame; not at the end and for a broken one, where decoders may throw.
bool Grab(cv::VideoCapture& capture, cv::Mat& frame) {
  try {
    return capture.read(frame) && !frame.empty() && frame.type() == CV_8UC3;
  } catch (const cv::Exception&) {
    return false;
  }
}

}  // namespace

bool IsVideo(const fs::path& path) {
  const ContentKind* kind = nullptr;
  try {
    kind = KindOfFile(path);
  } catch (const Error&) {
    return HasVideoEnding(path);  // who opens it says what is wrong
  }
  if (kind != nullptr && kind->role == ContentRole::kVideo) return true;
  const bool may_be_motion_jpeg = kind == nullptr || kind->name == "JPEG";
  return may_be_motion_jpeg && HasVideoEnding(path);
}

VideoFrames ExtractFrames(const Picture& video, const fs::path& directory, int every) {
  Expects(every >= 1, "every frame, or every second, ...");
  const std::string file = video.path.string();
  const std::uintmax_t bytes = InputFile(video.path).size();  // refuses what is no regular file
  cv::VideoCapture capture;
  if (!Open(file, capture)) {
    throw Error(
        fmt::format("{}: expected a video, found {} bytes that OpenCV cannot decode; convert "
                    "it to motion JPEG in .avi or H.264 in .mp4",
                    file,
                    bytes));
  }
  VideoFrames result{.id = video.id, .frames = {}};
  const double fps = capture.get(cv::CAP_PROP_FPS);
  result.fps = std::isfinite(fps) && fps > 0 && fps < 1000 ? fps : kUsualFps;
  const int turn = TurnOf(capture);
  const double promised = capture.get(cv::CAP_PROP_FRAME_COUNT);
  std::int64_t count = 0;
  cv::Mat frame;
  while (Grab(capture, frame)) {
    CheckPixels(static_cast<std::uint64_t>(frame.cols),
                static_cast<std::uint64_t>(frame.rows),
                kMostPixels,
                file);
    if (count % every == 0) {
      Turn(turn, frame);
      const std::string id = fmt::format("{}/{:06}", video.id, count);
      result.frames.push_back(
          {.path = directory / (id + ".jpg"), .id = id, .file_name = id + ".jpg"});
      WriteFileWhole(result.frames.back().path, EncodeJpeg(ImageOf(frame), kJpegQuality));
    }
    ++count;
  }
  if (count == 0) {
    throw Error(fmt::format("{}: expected a video, found none of its frames readable", file));
  }
  result.is_cut = std::isfinite(promised) && static_cast<double>(count) < promised;
  return result;
}

void WriteVideo(const std::vector<fs::path>& pictures, double fps, const fs::path& path) {
  Expects(!pictures.empty() && fps > 0, "a video has pictures and a rate");
  RequireWritable(path);
  Image image = ReadImage(pictures.front());
  const cv::Size size(image.width, image.height);
  UnfinishedFile part(path.parent_path() / (".deeper-" + path.stem().string() + ".part.avi"));
  std::error_code ignored;
  fs::remove(part.path(), ignored);  // of a process that was killed
  const auto fail = [&] {
    throw WriteError(fmt::format("{}: cannot write the video; is the disk full?", path.string()));
  };
  const int made = part.Make();
  if (made < 0) fail();
  close(made);
  {
    cv::VideoWriter writer;
    const int codec = cv::VideoWriter::fourcc('M', 'J', 'P', 'G');
    if (!writer.open(part.path().string(), codec, fps, size)) fail();
    for (const fs::path& picture : pictures) {
      image = ReadImage(picture);
      if (image.width != size.width || image.height != size.height) {
        throw Error(fmt::format("{}: is {} x {} pixels, expected the {} x {} of the first frame",
                                picture.string(),
                                image.width,
                                image.height,
                                size.width,
                                size.height));
      }
      writer.write(cv::Mat(image.height, image.width, CV_8UC3, image.bgr.data()));
    }
  }
  // The writer says nothing of a full disk: as many frames must be there as were written.
  cv::VideoCapture written;
  const auto frames = static_cast<double>(pictures.size());
  if (!Open(part.path().string(), written) || written.get(cv::CAP_PROP_FRAME_COUNT) < frames) {
    fail();
  }
  if (!part.RenameTo(path)) fail();
}

void NameVideosApart(std::vector<Picture>& pictures) {
  std::set<std::string> ids;
  for (const Picture& picture : pictures) ids.insert(picture.id);
  const auto is_directory = [&](const std::string& id) {
    const auto below = ids.lower_bound(id + "/");
    return below != ids.end() && below->starts_with(id + "/");
  };
  for (Picture& picture : pictures) {
    if (!is_directory(picture.id) || !IsVideo(picture.path)) continue;
    std::string whole = picture.id;
    const std::string ending = picture.path.extension().string();
    if (!whole.ends_with(ending)) whole += ending;
    std::string id = whole;
    for (int number = 2; ids.contains(id) || is_directory(id); ++number)
      id = fmt::format("{}-{}", whole, number);
    ids.insert(id);
    picture.id = std::move(id);
  }
}

Videos ReplaceVideos(std::vector<Picture>& pictures, const fs::path& directory, int every) {
  Videos result;
  std::vector<Picture> replaced;
  for (Picture& picture : pictures) {
    if (!IsVideo(picture.path)) {
      replaced.push_back(std::move(picture));
      continue;
    }
    try {
      VideoFrames video = ExtractFrames(picture, directory, every);
      if (video.is_cut) {
        fmt::print(stderr,
                   "{}: ends before it says that it does; its readable frames are used\n",
                   picture.path.string());
        ++result.failed;
      }
      replaced.insert(replaced.end(), video.frames.begin(), video.frames.end());
      result.videos.push_back(std::move(video));
    } catch (const WriteError&) {
      throw;
    } catch (const Error& error) {
      fmt::print(stderr, "skipped: {}\n", error.what());
      ++result.failed;
    }
  }
  pictures = std::move(replaced);
  return result;
}

fs::path DrawnVideoFile(const std::string& id) { return id + ".avi"; }

void WriteDrawnVideos(const Videos& videos,
                      const fs::path& drawings,
                      const fs::path& output,
                      int every) {
  for (const VideoFrames& video : videos.videos) {
    std::vector<fs::path> drawn;
    for (const Picture& frame : video.frames) {
      const fs::path path = drawings / DrawingFile(frame.id);
      if (fs::exists(path)) drawn.push_back(path);
    }
    if (drawn.empty()) continue;
    const fs::path path = output / DrawnVideoFile(video.id);
    WriteVideo(drawn, video.fps / every, path);
    fmt::print(stderr, "{} frames -> {}\n", drawn.size(), path.string());
  }
}

}  // namespace deeper::tools
