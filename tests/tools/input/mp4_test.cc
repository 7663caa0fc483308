// An MP4 of photographs through the program, as a camera would make it.

#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "core/files/file.h"
#include "core/image.h"
#include "eval/formats/lines/detection_lines.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/run_verb.h"
#include "tools/input/video.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIds[] = {"000003", "000005", "000007", "000009"};

// MPEG-4 of four photographs at 4 per second. False if this OpenCV cannot write it.
bool WriteMp4(const fs::path& voc, const fs::path& path) {
  const cv::Size size(320, 240);
  cv::VideoWriter writer(path.string(), cv::VideoWriter::fourcc('m', 'p', '4', 'v'), 4, size);
  if (!writer.isOpened()) return false;
  for (const char* id : kIds) {
    cv::Mat frame;
    cv::resize(cv::imread((voc / "JPEGImages" / (std::string(id) + ".jpg")).string()), frame, size);
    writer.write(frame);
  }
  return true;
}

TEST_CASE("an MP4 of photographs is detected in, every second frame, and drawn as a video") {
  DEEPER_REQUIRE_DATA(data);
  const test::TemporaryDirectory directory;
  const fs::path clip = directory / "clip.mp4";
  if (!WriteMp4(data / "voc2007", clip)) {
    WARN("skipped: needs an OpenCV that writes MPEG-4");
    return;
  }
  const fs::path found = directory / "found";
  REQUIRE(test::Run("detect {} --every 2 --max-proposals 10 --model {} --output {}",
                    clip,
                    DEEPER_DEFAULT_MODEL,
                    found) == kDone);
  const DetectionSet detections = ReadJsonLines(found / "detections.jsonl", nullptr);
  REQUIRE(detections.images.size() == 2);
  CHECK(detections.images[0].id == "clip/000000");
  CHECK(detections.images[1].id == "clip/000002");
  CHECK(detections.images[1].width == 320);
  CHECK_FALSE(detections.images[0].detections.empty());
  const VideoFrames drawn =
      ExtractFrames({.path = found / "clip.avi", .id = "clip"}, directory / "frames", 1);
  CHECK(drawn.frames.size() == 2);
  CHECK(drawn.fps == Approx(2));
}

}  // namespace
}  // namespace deeper::tools
