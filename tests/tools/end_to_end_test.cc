// The whole path as a user walks it: train on a data set, detect in its pictures, evaluate. The
// network has random weights, whose features still tell red from blue.

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "backbone/weight_files.h"
#include "core/dataset.h"
#include "core/file.h"
#include "core/image.h"
#include "core/random.h"
#include "eval/draw.h"
#include "eval/results.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tools/command_line.h"
#include "tools/verbs.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 128;
constexpr int kPictures = 6;

// Writes one grey picture with a red and a blue rectangle, and its annotation.
void WritePicture(const fs::path& root, const std::string& id, Random& random) {
  Image image = MakeImage(kSide, kSide, 120, 120, 120);
  std::string objects;
  const auto add = [&](const char* name, int left, std::size_t channel) {
    const int x0 = left + static_cast<int>(random.Below(10));
    const int y0 = 20 + static_cast<int>(random.Below(40));
    const int width = 34 + static_cast<int>(random.Below(12));
    const int height = 34 + static_cast<int>(random.Below(30));
    for (int y = y0; y < y0 + height; ++y) {
      for (int x = x0; x < x0 + width; ++x) {
        std::uint8_t* pixel = image.Row(y) + 3 * x;
        for (std::size_t c = 0; c < 3; ++c) pixel[c] = c == channel ? 240 : 20;
      }
    }
    objects += fmt::format(
        "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</"
        "ymax></bndbox></object>",
        name,
        x0 + 1,
        y0 + 1,
        x0 + width,
        y0 + height);
  };
  add("red", 6, 2);
  add("blue", 66, 0);
  WriteFileWhole(root / "JPEGImages" / (id + ".jpg"), EncodeJpeg(image, 95));
  WriteFileWhole(
      root / "Annotations" / (id + ".xml"),
      fmt::format("<annotation><size><width>{0}</width><height>{0}</height></size>{1}</annotation>",
                  kSide,
                  objects));
}

// A data set in VOC layout with the list "train".
fs::path WriteDataSet(const fs::path& root) {
  Random random(7);
  std::string list;
  for (int i = 0; i < kPictures; ++i) {
    const std::string id = fmt::format("{:03}", i);
    WritePicture(root, id, random);
    list += id + "\n";
  }
  WriteFileWhole(root / "ImageSets/Main/train.txt", list);
  return root;
}

struct Trained {
  test::TemporaryDirectory directory;
  std::string data = "voc:" + WriteDataSet(directory / "data").string();
  std::string backbone = (directory / "random.safetensors").string();
  std::string model = (directory / "trained.safetensors").string();

  Trained() {
    WriteBackboneWeights(test::RandomWeights(1), backbone);
    REQUIRE(RunTrain({"svm",
                      "--data",
                      data,
                      "--set",
                      "train",
                      "--backbone",
                      backbone,
                      "--output",
                      model,
                      "--precision",
                      "f32",
                      "--max-training-boxes",
                      "40",
                      "--box-iou",
                      "0.5"}) == kDone);
  }
  std::string Path(const std::string& name) const { return (directory / name).string(); }
};

TEST_CASE(
    "a detector is trained, finds its objects and reaches a high mAP, whatever the workers and a "
    "broken picture") {
  const Trained trained;
  const std::string found = trained.Path("found");
  const std::vector<std::string> detect = {"--model",
                                           trained.model,
                                           "--precision",
                                           "f32",
                                           "--format",
                                           "jsonl,coco,voc,ilsvrc",
                                           "--output",
                                           found};
  const auto run = [&](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };

  REQUIRE(RunDetect(run(detect, {"--data", trained.data, "--set", "train"})) == kDone);
  for (const char* name : {"detections.jsonl",
                           "detections.coco.json",
                           "voc/comp3_det_train_red.txt",
                           "detections.ilsvrc.txt",
                           "drawings/000.jpg"}) {
    CAPTURE(name);
    CHECK(fs::exists(fs::path(found) / name));
  }
  CHECK_FALSE(fs::exists(fs::path(found) / "journal.jsonl"));

  const std::vector<std::string> evaluate = {
      "--data", trained.data, "--set", "train", "--detections"};
  CHECK(RunEvaluate(run(evaluate, {found + "/detections.jsonl", "--min-map", "0.6"})) == kDone);
  CHECK(RunEvaluate(run(evaluate, {found + "/voc", "--min-map", "0.6"})) == kDone);
  CHECK(RunEvaluate(run(evaluate, {found + "/detections.jsonl", "--min-map", "1", "--iou", "1"})) ==
        kTargetMissed);

  // One worker or two, the same bytes.
  const std::string again = trained.Path("again");
  REQUIRE(RunDetect({"--model",
                     trained.model,
                     "--precision",
                     "f32",
                     "--output",
                     again,
                     "--workers",
                     "1",
                     "--no-drawings",
                     "--data",
                     trained.data,
                     "--set",
                     "train"}) == kDone);
  CHECK(ReadTextFile(again + "/detections.jsonl") == ReadTextFile(found + "/detections.jsonl"));

  // A broken picture is reported, the rest go on.
  const fs::path pictures = trained.directory / "mixed";
  fs::create_directories(pictures / "sub");
  fs::copy_file(trained.directory / "data/JPEGImages/000.jpg", pictures / "sub/good.jpg");
  const std::vector<std::uint8_t> whole = ReadFile(pictures / "sub/good.jpg");
  WriteFileWhole(pictures / "broken.jpg", std::span(whole).first(whole.size() / 2));
  const std::string mixed = trained.Path("mixed-found");
  CHECK(
      RunDetect(
          {"--model", trained.model, "--precision", "f32", "--output", mixed, pictures.string()}) ==
      kSomeInputsFailed);
  const DetectionSet results = ReadJsonLines(fs::path(mixed) / "detections.jsonl");
  REQUIRE(results.images.size() == 1);
  CHECK(results.images[0].id == "sub/good");
  CHECK(fs::exists(fs::path(mixed) / "drawings/sub/good.jpg"));
}

}  // namespace
}  // namespace deeper::tools
