// What was found, written and drawn again as it is asked for, without the network.

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "eval/drawing/draw.h"
#include "eval/formats/lines/detection_lines.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/run_verb.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

using test::Run;
using test::Words;

// A detector, and what it finds in the data set that it was trained on. The tests share one and
// write to places of their own.
struct Trained : test::TrainingGround {
  std::string model = Path("trained.safetensors");
  std::string found = Path("found");

  Trained() {
    REQUIRE(Train("svm --output {} --max-training-boxes 40 --box-iou 0.5", model) == kDone);
    REQUIRE(Run("detect --model {} --precision f32 --max-proposals 60 --output {} --data {} --set "
                "train",
                model,
                found,
                data) == kDone);
  }

  static const Trained& Shared() {
    static const Trained trained;
    return trained;
  }
};

// Every file below a directory with its content.
std::map<std::string, std::string> FilesBelow(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      files[entry.path().lexically_relative(directory).string()] = ReadTextFile(entry.path());
    }
  }
  return files;
}

// What a repeated run of detection did: the pictures that it ran the network on.
std::size_t PicturesRun(const std::string& json) {
  return nlohmann::json::parse(json).at("run_pictures").get<std::size_t>();
}

TEST_CASE("a finished detection asked for otherwise is written and drawn again without detecting") {
  const Trained& trained = Trained::Shared();
  const test::TemporaryDirectory directory;
  for (const char* id : {"000", "001", "002"}) {
    fs::create_directories(directory / "photos/sub");
    fs::copy_file(trained.directory / "data/JPEGImages" / (std::string(id) + ".jpg"),
                  directory / "photos/sub" / (std::string(id) + ".jpg"));
  }
  const std::string photos = (directory / "photos").string();
  const auto detect = [&](const std::string& name, std::string_view more) {
    test::CapturedOutput output;
    CHECK(Run("detect --model {} --precision f32 --max-proposals 12 --json --output {} {} {}",
              trained.model,
              directory / name,
              photos,
              Words(more)) == kDone);
    return PicturesRun(output.Text());
  };
  CHECK(detect("found", "") == 3);
  const auto first = FilesBelow(directory / "found");
  CHECK(first.at("detections.coco.json").find("\"sub/000.jpg\"") != std::string::npos);
  CHECK(detect("found", "") == 0);
  CHECK(FilesBelow(directory / "found") == first);
  // Each is what a run from nothing gives.
  for (const char* more : {"--format voc,ilsvrc",
                           "--draw-min-score -9 --line-width 3",
                           "--only-class red --colours red=#00ff00",
                           "--min-score 0.5",
                           "--no-drawings",
                           "--draw-min-score -1",
                           ""}) {
    CAPTURE(more);
    CHECK(detect("found", more) == 0);
    const fs::path fresh = directory / "fresh";
    fs::remove_all(fresh);
    CHECK(detect("fresh", more) == 3);
    CHECK(FilesBelow(directory / "found") == FilesBelow(fresh));
  }
  fs::remove(directory / "found/drawings/sub/001.jpg");
  CHECK(detect("found", "") == 0);
  CHECK(FilesBelow(directory / "found") == first);
  CHECK(detect("found", "--anew") == 3);
  CHECK(detect("found", "--nms-iou 0.1") == 3);
  CHECK(detect("found", "--min-score -9") == 3);
}

TEST_CASE("a picture that changed is detected in again by a repeated command, the others are not") {
  const Trained& trained = Trained::Shared();
  const test::TemporaryDirectory directory;
  fs::create_directories(directory / "photos");
  const fs::path pictures = trained.directory / "data/JPEGImages";
  for (const char* name : {"000.jpg", "001.jpg"})
    fs::copy_file(pictures / name, directory / "photos" / name);
  const auto detect = [&] {
    test::CapturedOutput output;
    CHECK(Run("detect --model {} --precision f32 --max-proposals 12 --json --output {} {}",
              trained.model,
              directory / "found",
              directory / "photos") == kDone);
    return PicturesRun(output.Text());
  };
  CHECK(detect() == 2);
  fs::copy_file(
      pictures / "002.jpg", directory / "photos/000.jpg", fs::copy_options::overwrite_existing);
  CHECK(detect() == 1);
}

TEST_CASE("only the classes that are named are written and drawn") {
  const Trained& trained = Trained::Shared();
  const auto detect = [&](const char* names) {
    return Run(
        "detect --model {} --precision f32 --max-proposals 60 --no-drawings --output {} "
        "--only-class {} --data {} --set train",
        trained.model,
        trained.Path("only"),
        names,
        trained.data);
  };
  CHECK_THROWS_WITH(detect("redd"),
                    Catch::Contains("--only-class") && Catch::Contains("did you mean 'red'?"));
  REQUIRE(detect("red") == kDone);
  const DetectionSet all = ReadJsonLines(trained.found + "/detections.jsonl");
  const DetectionSet red = ReadJsonLines(trained.Path("only/detections.jsonl"));
  REQUIRE(red.images.size() == all.images.size());
  CHECK(red.classes.classes.size() == 1);
  for (std::size_t i = 0; i < all.images.size(); ++i) {
    std::size_t expected = 0;
    for (const Detection& detection : all.images[i].detections) {
      expected += all.classes.Name(detection.class_id) == "red" ? 1U : 0U;
    }
    CHECK(red.images[i].detections.size() == expected);
  }
}

TEST_CASE("detections are shown on pictures without a data set, some or all, wherever they lie") {
  const Trained& trained = Trained::Shared();
  const test::TemporaryDirectory directory;
  const std::string pictures = (trained.directory / "data/JPEGImages").string();
  const auto show = [&](std::string_view more, const auto&... values) {
    fs::remove_all(directory / "drawn");
    test::CapturedOutput output;
    const int status = Run("show --detections {}/detections.jsonl --output {} --json {}",
                           trained.found,
                           directory / "drawn",
                           Words(more, values...));
    CHECK(status == kDone);
    return output.Text();
  };
  const auto count_files = [&] { return FilesBelow(directory / "drawn").size() - 1; };
  show("{} --min-score -9", pictures);
  CHECK(count_files() == ReadJsonLines(trained.found + "/detections.jsonl").images.size());
  const Image whole = ReadImage(directory / "drawn/000.jpg");
  show("{}/000.jpg --min-score 99", pictures);
  CHECK(count_files() == 1);
  const auto files = FilesBelow(directory / "drawn");
  show("{}/000.jpg --min-score -9 --colours #00ff00 --line-width 4", pictures);
  CHECK(FilesBelow(directory / "drawn") != files);
  fs::copy_file(pictures + "/001.jpg", directory / "001.jpg");
  CHECK(show("{} --only 001 --limit 1", directory / "001.jpg").find("\"detections\":") !=
        std::string::npos);
  CHECK(count_files() == 1);
  // The file of another picture under the name.
  WriteFileWhole(directory / "002.jpg", EncodeJpeg(MakeImage(20, 10, 1, 2, 3)));
  CHECK(Run("show --detections {}/detections.jsonl --output {} {} {}",
            trained.found,
            directory / "drawn",
            directory / "002.jpg",
            directory / "001.jpg") == kSomeInputsFailed);
  CHECK(count_files() == 1);
  WriteFileWhole(directory / "other.jpg", EncodeJpeg(MakeImage(20, 10, 1, 2, 3)));
  CHECK_THROWS_WITH(show("{}", directory / "other.jpg"), Catch::Contains("has a result among"));
  CHECK_THROWS_AS(show(""), UsageError);
  CHECK_THROWS_AS(show("--data {} {}", trained.data, pictures), UsageError);
  CHECK_THROWS_AS(show("{} --errors", pictures), UsageError);
}

}  // namespace
}  // namespace deeper::tools
