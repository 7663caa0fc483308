// The whole path as a user walks it: train on a data set, detect in its pictures, evaluate. The
// network has random weights, whose features still tell red from blue.

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "backbone/network_family.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "detector/examples/data_split.h"
#include "detector/model/model.h"
#include "eval/formats/detection_lines.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

using test::WriteDataSet;

struct Trained : test::TrainingGround {
  std::string model = Path("trained.safetensors");

  Trained() {
    REQUIRE(RunTrain(Words("svm", model, {"--max-training-boxes", "40", "--box-iou", "0.5"})) ==
            kDone);
  }
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

  // A detection and an object are explained.
  const std::string told = trained.Path("told");
  for (const char* id : {"000:1", "000:o1", "000"}) {
    CAPTURE(id);
    CHECK(RunShow({"--data",
                   trained.data,
                   "--set",
                   "train",
                   "--model",
                   trained.model,
                   "--precision",
                   "f32",
                   "--max-proposals",
                   "20",
                   "--output",
                   told,
                   "--json",
                   "--explain",
                   id}) == kDone);
  }
  CHECK(ReadImage(told + "/000-1.jpg").width == 1240);
  CHECK(fs::exists(told + "/000-o1.jpg"));
  CHECK_THROWS_WITH(
      RunShow(
          {"--data", trained.data, "--set", "train", "--model", trained.model, "--explain", "00"}),
      Catch::Contains("did you mean '000'"));
  CHECK_THROWS_AS(RunShow({"--explain", "000", "--detections", found}), UsageError);
  CHECK_THROWS_AS(RunShow({"--data", trained.data, "--detections", found, "--max-proposals", "3"}),
                  UsageError);

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

  // A drawing that cannot be written is no picture's fault: it ends the run.
  const fs::path blocked = trained.directory / "blocked";
  WriteFileWhole(blocked / "drawings", "a file in the way");
  CHECK_THROWS_AS(RunDetect({"--model",
                             trained.model,
                             "--precision",
                             "f32",
                             "--output",
                             blocked.string(),
                             pictures.string()}),
                  WriteError);
  CHECK(fs::exists(blocked / "journal.jsonl"));
}

TEST_CASE("the better of two kinds of classifiers is kept, calibrated, and joins an ensemble") {
  const test::TrainingGround ground;
  const std::string& data = ground.data;
  const auto path = [&](const std::string& name) { return ground.Path(name); };
  const auto train = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> words = ground.Words("heads",
                                                  path(name),
                                                  {"--holdout",
                                                   "0.5",
                                                   "--cache",
                                                   path("cache"),
                                                   "--max-training-boxes",
                                                   "40",
                                                   "--box-iou",
                                                   "0.5",
                                                   "--softmax-c",
                                                   "1",
                                                   "--self-contained",
                                                   "--calibrate"});
    words.insert(words.end(), more.begin(), more.end());
    return RunTrain(words);
  };
  REQUIRE(train("one.safetensors", {}) == kDone);
  const Model one = LoadModel(path("one.safetensors"));
  CHECK(one.calibration.has_value());
  CHECK(one.backbone.has_value());
  CHECK(fs::file_size(path("one.safetensors")) < 20'000'000);  // rounded to bf16
  CHECK_THAT(
      one.training.at("classifiers, held-out mAP"),
      Catch::Contains("svm with voting") && Catch::Contains("softmax with soft suppression"));
  REQUIRE(train("two.safetensors", {"--svm-c", "1", "--vote-iou", "0", "--context", "0.5"}) ==
          kDone);
  const Model two = LoadModel(path("two.safetensors"));
  CHECK(two.context_weight == 0.5F);
  CHECK(two.nms.vote_iou == 0);  // asked for, so nothing else was tried
  CHECK_THAT(two.training.at("classifiers, held-out mAP"), !Catch::Contains("voting"));

  const auto detect = [&](const std::string& output, const std::vector<std::string>& models) {
    std::vector<std::string> words = {"--data",
                                      data,
                                      "--set",
                                      "train",
                                      "--precision",
                                      "f32",
                                      "--max-proposals",
                                      "24",
                                      "--no-drawings",
                                      "--output",
                                      path(output)};
    words.insert(words.end(), models.begin(), models.end());
    return RunDetect(words);
  };
  REQUIRE(
      detect("both", {"--model", path("one.safetensors"), "--model", path("two.safetensors")}) ==
      kDone);
  for (const ImageDetections& image : ReadJsonLines(path("both/detections.jsonl")).images) {
    for (const Detection& detection : image.detections) {
      CHECK(detection.score >= 0);
      CHECK(detection.score <= 1);
    }
  }
  CHECK(RunEvaluate({"--data",
                     data,
                     "--set",
                     "train",
                     "--detections",
                     path("both/detections.jsonl"),
                     "--min-map",
                     "0.6"}) == kDone);

  // A list of models, and a weight that leaves nothing of the second.
  WriteFileWhole(path("models.txt"), "one.safetensors\ntwo.safetensors\n");
  REQUIRE(detect("listed",
                 {"--feature-cache",
                  path("features"),
                  "--model",
                  fmt::format("@{}", path("models.txt"))}) == kDone);
  CHECK(ReadTextFile(path("listed/detections.jsonl")) ==
        ReadTextFile(path("both/detections.jsonl")));
  CHECK_THROWS_WITH(
      detect("few", {"--model", fmt::format("@{}", path("models.txt")), "--model-weight", "1"}),
      Catch::Contains("--model-weight for each of the 2 models"));

  REQUIRE(detect("fused",
                 {"--feature-cache",
                  path("features"),
                  "--model",
                  fmt::format("@{}", path("models.txt")),
                  "--fusion",
                  "boxes",
                  "--soft-nms",
                  "0.3"}) == kDone);
  CHECK(RunEvaluate({"--data",
                     data,
                     "--set",
                     "train",
                     "--detections",
                     path("fused/detections.jsonl"),
                     "--min-map",
                     "0.6"}) == kDone);

  // A model's own soft suppression is not for boxes that are fused.
  Model soft = LoadModel(path("one.safetensors"));
  soft.nms.soft_sigma = 0;
  SaveModel(soft, path("hard.safetensors"));
  soft.nms.soft_sigma = 0.3;
  SaveModel(soft, path("soft.safetensors"));
  for (const std::string first : {"hard", "soft"}) {
    REQUIRE(detect("fused-" + first,
                   {"--model",
                    path(first + ".safetensors"),
                    "--model",
                    path("two.safetensors"),
                    "--fusion",
                    "boxes"}) == kDone);
    REQUIRE(detect("alone-" + first, {"--model", path(first + ".safetensors")}) == kDone);
  }
  CHECK(ReadTextFile(path("fused-soft/detections.jsonl")) ==
        ReadTextFile(path("fused-hard/detections.jsonl")));
  CHECK(ReadTextFile(path("alone-soft/detections.jsonl")) !=
        ReadTextFile(path("alone-hard/detections.jsonl")));

  // Its own detections of other pictures calibrate it anew.
  REQUIRE(detect("alone", {"--model", path("one.safetensors")}) == kDone);
  REQUIRE(RunTrain({"calibrate",
                    "--data",
                    data,
                    "--set",
                    "train",
                    "--model",
                    path("one.safetensors"),
                    "--detections",
                    path("alone/detections.jsonl"),
                    "--output",
                    path("again.safetensors")}) == kDone);
  CHECK(LoadModel(path("again.safetensors")).calibration != one.calibration);
  CHECK_THROWS_AS(train("x.safetensors", {"--holdout", "0"}), UsageError);

  // Another box regression, of the features that are there already; the classifiers stay.
  REQUIRE(RunTrain({"boxes",
                    "--data",
                    data,
                    "--set",
                    "train",
                    "--model",
                    path("one.safetensors"),
                    "--cache",
                    path("cache"),
                    "--precision",
                    "f32",
                    "--box-iou",
                    "0.5",
                    "--box-lambda",
                    "10",
                    "--output",
                    path("moved.safetensors")}) == kDone);
  const Model moved = LoadModel(path("moved.safetensors"));
  CHECK(moved.box_regression != one.box_regression);
  CHECK(moved.classifiers == one.classifiers);
}

TEST_CASE("where nothing is found in held-out pictures, the detector is written all the same") {
  const test::TrainingGround ground;
  for (int i = 0; i < test::kPictures; ++i) {
    const std::string id = fmt::format("{:03}", i);
    if (!IsHeldOut(id, 0.5)) continue;
    // An object where none is.
    WriteFileWhole(ground.directory / "data/Annotations" / (id + ".xml"),
                   "<annotation><size><width>128</width><height>128</height></size><object><name>"
                   "red</name><bndbox><xmin>120</xmin><ymin>1</ymin><xmax>127</xmax><ymax>3</ymax>"
                   "</bndbox></object></annotation>");
  }
  const std::string model = ground.Path("model.safetensors");
  REQUIRE(RunTrain(ground.Words("heads",
                                model,
                                {"--holdout",
                                 "0.5",
                                 "--max-proposals",
                                 "10",
                                 "--box-iou",
                                 "0.5",
                                 "--softmax-c",
                                 "1",
                                 "--calibrate"})) == kDone);
  CHECK(!LoadModel(model).training.contains("calibrated on"));
}

TEST_CASE("a dumped configuration has the model's values, and detects the same") {
  const Trained trained;
  const std::string direct = trained.Path("direct");
  const auto words = [&](const std::string& output) {
    return std::vector<std::string>{"--model",
                                    trained.model,
                                    "--precision",
                                    "f32",
                                    "--max-proposals",
                                    "20",
                                    "--output",
                                    output,
                                    "--no-drawings",
                                    "--data",
                                    trained.data,
                                    "--set",
                                    "train"};
  };
  REQUIRE(RunDetect(words(direct)) == kDone);
  std::vector<std::string> dump = words(trained.Path("dumped"));
  dump.emplace_back("--dump-config");
  test::CapturedOutput output;
  REQUIRE(RunDetect(dump) == kDone);
  const std::string text = output.Text();
  for (const char* value : {"min-score = -1.3",
                            "nms-iou = 0.3",
                            "soft-nms = 0",
                            "vote-iou = 0.4",
                            "max-per-class = 100",
                            "proposals = x2",
                            "max-proposal-iou = 0.9"}) {
    CAPTURE(value);
    CHECK(text.find("# from " + trained.model + "\n" + value + "\n") != std::string::npos);
  }
  CHECK(text.find("# from the command line\nmax-proposals = 20\n") != std::string::npos);
  CHECK(text.find("; no option\n# vote offset = 1.5\n") != std::string::npos);
  WriteFileWhole(trained.Path("detect.conf"), text);
  REQUIRE(RunDetect({"--config", trained.Path("detect.conf")}) == kDone);
  CHECK(ReadTextFile(trained.Path("dumped/detections.jsonl")) ==
        ReadTextFile(direct + "/detections.jsonl"));
}

TEST_CASE("what show dumps it takes back, though its options of --explain are in it") {
  const Trained trained;
  const std::string found = trained.Path("found");
  WriteFileWhole(found + ".jsonl", "");
  const std::vector<std::string> words = {"--data",
                                          trained.data,
                                          "--set",
                                          "train",
                                          "--detections",
                                          found + ".jsonl",
                                          "--output",
                                          trained.Path("shown")};
  std::vector<std::string> dump = words;
  dump.emplace_back("--dump-config");
  test::CapturedOutput output;
  REQUIRE(RunShow(dump) == kDone);
  WriteFileWhole(trained.Path("show.conf"), output.Text());
  CHECK(RunShow({"--config", trained.Path("show.conf")}) == kDone);
  CHECK(fs::exists(trained.Path("shown/000.jpg")));
}

// Detections that are the truth itself, with scores; no network is needed.
struct Truth {
  test::TemporaryDirectory directory;
  std::string data = "voc:" + WriteDataSet(directory / "data").string();
  std::string Path(const std::string& name) const { return (directory / name).string(); }

  Truth() {
    REQUIRE(
        RunConvert({"--data", data, "--set", "train", "--to", "csv", "--output", Path("t.csv")}) ==
        kDone);
    std::string csv = ReadTextFile(Path("t.csv"));
    for (const std::string name : {"red,,", "blue,,"}) {
      for (std::size_t at = 0; (at = csv.find(name, at)) != std::string::npos; at += name.size()) {
        csv.replace(at, name.size(), name.substr(0, name.size() - 1) + "0.5,");
      }
    }
    WriteFileWhole(Path("found.csv"), csv);
  }
};

TEST_CASE("the truth as detections has mAP 1 under every metric and through every format") {
  const Truth truth;
  const auto evaluate = [&](const std::string& detections, const std::string& metric) {
    return RunEvaluate({"--data",
                        truth.data,
                        "--set",
                        "train",
                        "--detections",
                        detections,
                        "--metric",
                        metric,
                        "--min-map",
                        "1"});
  };
  for (const char* metric : {"voc07", "voc12", "ilsvrc", "coco"}) {
    CAPTURE(metric);
    CHECK(evaluate(truth.Path("found.csv"), metric) == kDone);
  }
  const std::map<std::string, std::string> names = {{"jsonl", "found.jsonl"},
                                                    {"coco", "found.json"},
                                                    {"voc", "found-voc"},
                                                    {"ilsvrc", "found.txt"},
                                                    {"yolo", "found-yolo"},
                                                    {"labelstudio", "studio.json"}};
  for (const auto& [format, name] : names) {
    CAPTURE(format);
    REQUIRE(RunConvert({"--data",
                        truth.data,
                        "--set",
                        "train",
                        "--detections",
                        truth.Path("found.csv"),
                        "--to",
                        format,
                        "--output",
                        truth.Path(name),
                        "--output-set",
                        "train"}) == kDone);
    CHECK(evaluate(truth.Path(name), "voc12") == kDone);
  }
}

TEST_CASE("true objects converted to every format give the same evaluation as a data set") {
  const Truth truth;
  const std::map<std::string, std::string> names = {{"jsonl", "t.jsonl"},
                                                    {"coco", "t.json"},
                                                    {"yolo", "t-yolo"},
                                                    {"csv", "t2.csv"},
                                                    {"labelstudio", "t-studio.json"}};
  for (const auto& [format, name] : names) {
    CAPTURE(format);
    const std::string path = truth.Path(name);
    REQUIRE(
        RunConvert({"--data", truth.data, "--set", "train", "--to", format, "--output", path}) ==
        kDone);
    CHECK(RunEvaluate({"--data",
                       format + ":" + path + "," + truth.Path("data/JPEGImages"),
                       "--detections",
                       truth.Path("found.csv"),
                       "--metric",
                       "voc12",
                       "--min-map",
                       "1"}) == kDone);
  }
}

TEST_CASE("a report, a comparison and drawings come out of one results file") {
  const Truth truth;
  const std::vector<std::string> common = {"--data", truth.data, "--set", "train"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = common;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const std::string found = truth.Path("found.csv");
  CHECK(RunEvaluate(with({"--detections", found, "--report", truth.Path("report")})) == kDone);
  CHECK(ReadTextFile(truth.Path("report/report.html")).find("image/jpeg") != std::string::npos);
  CHECK(RunEvaluate(with({"--compare", found, found})) == kDone);
  CHECK(RunEvaluate(with({"--detections", found, "--compare", "voc12", "ilsvrc", "--json"})) ==
        kDone);
  CHECK_THROWS_AS(RunEvaluate(with({"--compare", found, "voc12"})), UsageError);
  CHECK_THROWS_AS(RunEvaluate(with({"--detections", found, "--metric", "coco", "--iou", "0.7"})),
                  UsageError);
  CHECK(RunShow(with({"--detections", found, "--output", truth.Path("show")})) == kDone);
  CHECK(fs::exists(truth.Path("show/000.jpg")));
  CHECK(RunShow(with({"--detections", found, "--output", truth.Path("show"), "--contact-sheet"})) ==
        kDone);
  CHECK(fs::exists(truth.Path("show/sheet-1.jpg")));
  CHECK_THROWS_WITH(RunShow(with({"--detections", found, "--class", "redd"})),
                    Catch::Contains("did you mean 'red'?"));
}

TEST_CASE("one command trains several detectors, which score together and share their lower rows") {
  const test::TrainingGround ground;
  const auto path = [&](const std::string& name) { return ground.Path(name); };
  REQUIRE(
      RunTrain(ground.Words(
          "all",
          path("mine.safetensors"),
          {"--holdout", "0.5", "--steps", "1", "--max-training-boxes", "10", "--models", "3"})) ==
      kDone);
  CHECK(ReadTextFile(path("mine.safetensors.models.txt")) ==
        "mine.safetensors\nmine-2.safetensors\nmine-3.safetensors\n");
  const Model first = LoadModel(path("mine.safetensors"));
  const Model second = LoadModel(path("mine-2.safetensors"));
  const Model third = LoadModel(path("mine-3.safetensors"));
  CHECK(CommonRows(RowFingerprints(*first.backbone, {}), RowFingerprints(*second.backbone, {})) ==
        8);  // up to inception_4e
  CHECK(first.crop.mode == CropMode::kWarp);
  CHECK(third.crop.mode == CropMode::kSquare);
  CHECK(RunDetect({"--model",
                   fmt::format("@{}", path("mine.safetensors.models.txt")),
                   "--data",
                   ground.data,
                   "--set",
                   "train",
                   "--precision",
                   "f32",
                   "--max-proposals",
                   "5",
                   "--no-drawings",
                   "--output",
                   path("found")}) == kDone);
}

}  // namespace
}  // namespace deeper::tools
