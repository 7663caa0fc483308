// The whole path as a user walks it: train on a data set, detect in its pictures, evaluate. The
// network has random weights, whose features still tell red from blue.

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/network_family.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "detector/examples/data_split.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "eval/formats/lines/detection_lines.h"
#include "eval/formats/voc.h"
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
using test::WriteDataSet;

// A detector trained on the data set. The tests share one and write to places of their own.
struct Trained : test::TrainingGround {
  std::string model = Path("trained.safetensors");

  Trained() {
    REQUIRE(Train("svm --output {} --max-training-boxes 40 --box-iou 0.5", model) == kDone);
  }

  static const Trained& Shared() {
    static const Trained trained;
    return trained;
  }

  // Detects with it, into the place `name`.
  template <typename... Values>
  int Detect(const std::string& name, std::string_view more, const Values&... values) const {
    return Run("detect --model {} --precision f32 --output {} {}",
               model,
               Path(name),
               Words(more, values...));
  }
};

// What it finds in the data set, in every format.
struct Found {
  const Trained& trained = Trained::Shared();
  std::string path = trained.Path("found");

  Found() {
    REQUIRE(
        trained.Detect("found",
                       "--max-proposals 80 --format jsonl,coco,voc,ilsvrc --data {} --set train",
                       trained.data) == kDone);
  }

  static const Found& Shared() {
    static const Found found;
    return found;
  }
};

TEST_CASE("what a detector finds is written in every format and drawn, and the journal is gone") {
  const Found& found = Found::Shared();
  for (const char* name : {"detections.jsonl",
                           "detections.coco.json",
                           "voc/comp3_det_train_red.txt",
                           "detections.ilsvrc.txt",
                           "drawings/000.jpg"}) {
    CAPTURE(name);
    CHECK(fs::exists(fs::path(found.path) / name));
  }
  CHECK_FALSE(fs::exists(fs::path(found.path) / "journal.jsonl"));
}

TEST_CASE("a trained detector reaches a high mAP, but not 1 where boxes must be exact") {
  const Found& found = Found::Shared();
  const auto evaluate = [&](const char* file, std::string_view more) {
    return Run("evaluate --data {} --set train --detections {}/{} {}",
               found.trained.data,
               found.path,
               file,
               Words(more));
  };
  CHECK(evaluate("detections.jsonl", "--min-map 0.6") == kDone);
  CHECK(evaluate("voc", "--min-map 0.6") == kDone);
  CHECK(evaluate("detections.jsonl", "--min-map 1 --iou 1") == kTargetMissed);
}

TEST_CASE("a detection and an object are explained") {
  const Trained& trained = Trained::Shared();
  const auto explain = [&](const char* id, std::string_view more) {
    return Run("show --data {} --set train --model {} --output {} --explain {} {}",
               trained.data,
               trained.model,
               trained.Path("told"),
               id,
               Words(more));
  };
  for (const char* id : {"000:1", "000:o1", "000"}) {
    CAPTURE(id);
    CHECK(explain(id, "--precision f32 --max-proposals 20 --json") == kDone);
  }
  CHECK(ReadImage(trained.Path("told/000-1.jpg")).width == 1240);
  CHECK(fs::exists(trained.Path("told/000-o1.jpg")));
  CHECK_THROWS_WITH(explain("00", ""), Catch::Contains("did you mean '000'"));
}

TEST_CASE("what is of --explain alone, and what it does not take, is refused") {
  CHECK_THROWS_AS(Run("show --explain 000 --detections found"), UsageError);
  CHECK_THROWS_AS(Run("show --data voc:data --detections found --max-proposals 3"), UsageError);
}

TEST_CASE("one worker finds the same bytes as several") {
  const Found& found = Found::Shared();
  const Trained& trained = found.trained;
  REQUIRE(trained.Detect("again",
                         "--max-proposals 80 --workers 1 --no-drawings --data {} --set train",
                         trained.data) == kDone);
  CHECK(ReadTextFile(trained.Path("again/detections.jsonl")) ==
        ReadTextFile(found.path + "/detections.jsonl"));
}

// A picture of the data set in a sub-directory, and one cut in half.
void WriteMixedPictures(const Trained& trained, const fs::path& pictures) {
  fs::create_directories(pictures / "sub");
  fs::copy_file(trained.directory / "data/JPEGImages/000.jpg", pictures / "sub/good.jpg");
  const std::vector<std::uint8_t> whole = ReadFile(pictures / "sub/good.jpg");
  WriteFileWhole(pictures / "broken.jpg", std::span(whole).first(whole.size() / 2));
}

TEST_CASE("a broken picture is reported, and the rest go on") {
  const Trained& trained = Trained::Shared();
  const test::TemporaryDirectory directory;
  WriteMixedPictures(trained, directory / "mixed");
  CHECK(trained.Detect("mixed-found", "{}", directory / "mixed") == kSomeInputsFailed);
  const DetectionSet results = ReadJsonLines(trained.Path("mixed-found/detections.jsonl"));
  REQUIRE(results.images.size() == 1);
  CHECK(results.images[0].id == "sub/good");
  CHECK(fs::exists(trained.Path("mixed-found/drawings/sub/good.jpg")));
}

TEST_CASE("a drawing that cannot be written is no picture's fault: it ends the run") {
  const Trained& trained = Trained::Shared();
  const test::TemporaryDirectory directory;
  WriteMixedPictures(trained, directory / "mixed");
  WriteFileWhole(trained.Path("blocked/drawings"), "a file in the way");
  CHECK_THROWS_AS(trained.Detect("blocked", "{}", directory / "mixed"), WriteError);
  CHECK(fs::exists(trained.Path("blocked/journal.jsonl")));
}

TEST_CASE("the better of two kinds of classifiers is kept, calibrated, and joins an ensemble") {
  const test::TrainingGround ground;
  const std::string& data = ground.data;
  const auto path = [&](const std::string& name) { return ground.Path(name); };
  const auto train = [&](const char* name, std::string_view more) {
    return ground.Train(
        "heads --output {} --holdout 0.5 --cache {} --max-training-boxes 40 --box-iou 0.5 "
        "--softmax-c 1 --self-contained --calibrate {}",
        path(name),
        path("cache"),
        Words(more));
  };
  REQUIRE(train("one.safetensors", "") == kDone);
  const Model one = LoadModel(path("one.safetensors"));
  CHECK(one.calibration.has_value());
  CHECK(one.backbone.has_value());
  CHECK(fs::file_size(path("one.safetensors")) < 20'000'000);  // rounded to bf16
  CHECK_THAT(
      one.training.at("classifiers, held-out mAP"),
      Catch::Contains("svm with voting") && Catch::Contains("softmax with soft suppression"));
  REQUIRE(train("two.safetensors", "--svm-c 1 --vote-iou 0 --context 0.5") == kDone);
  const Model two = LoadModel(path("two.safetensors"));
  CHECK(two.context_weight == 0.5F);
  CHECK(two.nms.vote_iou == 0);  // asked for, so nothing else was tried
  CHECK_THAT(two.training.at("classifiers, held-out mAP"), !Catch::Contains("voting"));

  const auto detect = [&](const std::string& output, std::string_view more, const auto&... values) {
    return Run(
        "detect --data {} --set train --precision f32 --max-proposals 24 --no-drawings "
        "--output {} {}",
        data,
        path(output),
        Words(more, values...));
  };
  const auto evaluate = [&](const std::string& output) {
    return Run("evaluate --data {} --set train --detections {} --min-map 0.6",
               data,
               path(output + "/detections.jsonl"));
  };
  REQUIRE(
      detect("both", "--model {} --model {}", path("one.safetensors"), path("two.safetensors")) ==
      kDone);
  for (const ImageDetections& image : ReadJsonLines(path("both/detections.jsonl")).images) {
    for (const Detection& detection : image.detections) {
      CHECK(detection.score >= 0);
      CHECK(detection.score <= 1);
    }
  }
  CHECK(evaluate("both") == kDone);

  // A list of models, and a weight that leaves nothing of the second.
  const std::string list = path("models.txt");
  WriteFileWhole(list, "one.safetensors\ntwo.safetensors\n");
  REQUIRE(detect("listed", "--feature-cache {} --model @{}", path("features"), list) == kDone);
  CHECK(ReadTextFile(path("listed/detections.jsonl")) ==
        ReadTextFile(path("both/detections.jsonl")));
  CHECK_THROWS_WITH(detect("few", "--model @{} --model-weight 1", list),
                    Catch::Contains("--model-weight for each of the 2 models"));

  REQUIRE(detect("fused",
                 "--feature-cache {} --model @{} --fusion boxes --soft-nms 0.3",
                 path("features"),
                 list) == kDone);
  CHECK(evaluate("fused") == kDone);

  // A model's own soft suppression does not apply to fused boxes.
  Model soft = LoadModel(path("one.safetensors"));
  soft.nms.soft_sigma = 0;
  SaveModel(soft, path("hard.safetensors"));
  soft.nms.soft_sigma = 0.3;
  SaveModel(soft, path("soft.safetensors"));
  for (const std::string first : {"hard", "soft"}) {
    const std::string model = path(first + ".safetensors");
    REQUIRE(detect("fused-" + first,
                   "--model {} --model {} --fusion boxes",
                   model,
                   path("two.safetensors")) == kDone);
    REQUIRE(detect("alone-" + first, "--model {}", model) == kDone);
  }
  CHECK(ReadTextFile(path("fused-soft/detections.jsonl")) ==
        ReadTextFile(path("fused-hard/detections.jsonl")));
  CHECK(ReadTextFile(path("alone-soft/detections.jsonl")) !=
        ReadTextFile(path("alone-hard/detections.jsonl")));

  // Its own detections of other pictures calibrate it anew.
  REQUIRE(detect("alone", "--model {}", path("one.safetensors")) == kDone);
  REQUIRE(Run("train calibrate --data {} --set train --model {} --detections {} --output {}",
              data,
              path("one.safetensors"),
              path("alone/detections.jsonl"),
              path("again.safetensors")) == kDone);
  CHECK(LoadModel(path("again.safetensors")).calibration != one.calibration);
  CHECK_THROWS_AS(train("x.safetensors", "--holdout 0"), UsageError);

  // Another box regression, from features that are there already; the classifiers stay.
  REQUIRE(
      Run("train boxes --data {} --set train --model {} --cache {} --precision f32 --box-iou 0.5 "
          "--box-lambda 10 --output {}",
          data,
          path("one.safetensors"),
          path("cache"),
          path("moved.safetensors")) == kDone);
  const Model moved = LoadModel(path("moved.safetensors"));
  CHECK(moved.box_regression != one.box_regression);
  CHECK(moved.classifiers == one.classifiers);
}

TEST_CASE("where nothing is found in held-out pictures, the detector is written all the same") {
  const test::TrainingGround ground;
  const Dataset dataset = ReadVocDataset(ground.directory / "data", "train").dataset;
  const Holdout holdout(dataset, 0.5);
  for (const AnnotatedImage& image : dataset.images) {
    if (!holdout.Contains(image.id)) continue;
    // Objects at places where there are none.
    std::string objects;
    for (const char* name : {"red", "blue"}) {
      objects += fmt::format(
          "<object><name>{}</name><bndbox><xmin>120</xmin><ymin>1</ymin><xmax>127</xmax><ymax>3</"
          "ymax></bndbox></object>",
          name);
    }
    WriteFileWhole(ground.directory / "data/Annotations" / (image.id + ".xml"),
                   "<annotation><size><width>128</width><height>128</height></size>" + objects +
                       "</annotation>");
  }
  const std::string model = ground.Path("model.safetensors");
  REQUIRE(ground.Train("heads --output {} --holdout 0.5 --max-proposals 10 --box-iou 0.5 "
                       "--softmax-c 1 --calibrate",
                       model) == kDone);
  CHECK(!LoadModel(model).training.contains("calibrated on"));
}

TEST_CASE("a dumped configuration has the model's values, and detects the same") {
  const Trained& trained = Trained::Shared();
  const auto detect = [&](const char* name, std::string_view more) {
    return trained.Detect(name,
                          "--max-proposals 20 --no-drawings --data {} --set train {}",
                          trained.data,
                          Words(more));
  };
  REQUIRE(detect("direct", "") == kDone);
  test::CapturedOutput output;
  REQUIRE(detect("dumped", "--dump-config") == kDone);
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
  REQUIRE(Run("detect --config {}", trained.Path("detect.conf")) == kDone);
  CHECK(ReadTextFile(trained.Path("dumped/detections.jsonl")) ==
        ReadTextFile(trained.Path("direct/detections.jsonl")));
}

TEST_CASE("what show dumps it takes back, though its options of --explain are in it") {
  const Trained& trained = Trained::Shared();
  const std::string nothing = trained.Path("nothing.jsonl");
  WriteFileWhole(nothing, "");
  test::CapturedOutput output;
  REQUIRE(Run("show --data {} --set train --detections {} --output {} --dump-config",
              trained.data,
              nothing,
              trained.Path("shown")) == kDone);
  WriteFileWhole(trained.Path("show.conf"), output.Text());
  CHECK(Run("show --config {}", trained.Path("show.conf")) == kDone);
  CHECK(fs::exists(trained.Path("shown/000.jpg")));
}

// Detections that are the truth itself, with scores; no network is needed.
struct Truth {
  test::TemporaryDirectory directory;
  std::string data = "voc:" + WriteDataSet(directory / "data").string();
  std::string Path(const std::string& name) const { return (directory / name).string(); }

  Truth() {
    REQUIRE(Run("convert --data {} --set train --to csv --output {}", data, Path("t.csv")) ==
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
    return Run("evaluate --data {} --set train --detections {} --metric {} --min-map 1",
               truth.data,
               detections,
               metric);
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
    REQUIRE(Run("convert --data {} --set train --detections {} --to {} --output {} {}",
                truth.data,
                truth.Path("found.csv"),
                format,
                truth.Path(name),
                Words(format == "voc" ? "--output-set train" : "")) == kDone);
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
    REQUIRE(Run("convert --data {} --set train --to {} --output {}", truth.data, format, path) ==
            kDone);
    CHECK(Run("evaluate --data {}:{},{} --detections {} --metric voc12 --min-map 1",
              format,
              path,
              truth.Path("data/JPEGImages"),
              truth.Path("found.csv")) == kDone);
  }
}

TEST_CASE("an evaluation of a part of the pictures is asked for, or counts the others as missed") {
  const Truth truth;
  REQUIRE(Run("convert --detections {} --to jsonl --output {}",
              truth.Path("found.csv"),
              truth.Path("all.jsonl")) == kDone);
  const DetectionSet all = ReadJsonLines(truth.Path("all.jsonl"));
  DetectionSet part = all;
  part.images.resize(part.images.size() / 2);
  part.images.push_back({.id = "elsewhere", .detections = {}});
  WriteJsonLines(part, truth.Path("part.jsonl"));
  const auto evaluate = [&](const char* file, std::string_view more) {
    return Run("evaluate --data {} --set train --detections {} --metric voc12 --min-map 1 {}",
               truth.data,
               truth.Path(file),
               Words(more));
  };
  CHECK_THROWS_WITH(evaluate("part.jsonl", ""), Catch::Contains("'elsewhere' is not among"));
  CHECK(evaluate("part.jsonl", "--common-pictures") == kDone);
  part.images.pop_back();
  WriteJsonLines(part, truth.Path("part.jsonl"));
  CHECK(evaluate("part.jsonl", "") == kTargetMissed);
  CHECK(evaluate("all.jsonl", "--common-pictures") == kDone);
  part.images = {{.id = "elsewhere", .detections = {}}};
  WriteJsonLines(part, truth.Path("part.jsonl"));
  CHECK_THROWS_WITH(evaluate("part.jsonl", "--common-pictures"), Catch::Contains("none of the"));
  REQUIRE(Run("convert --detections {} --to ilsvrc --output {}",
              truth.Path("all.jsonl"),
              truth.Path("all.txt")) == kDone);
  CHECK_THROWS_WITH(evaluate("all.txt", "--common-pictures"),
                    Catch::Contains("needs detections that list their pictures"));
}

TEST_CASE("a report, a comparison and drawings come out of one results file") {
  const Truth truth;
  const auto run = [&](const char* verb, std::string_view more, const auto&... values) {
    return Run("{} --data {} --set train {}", verb, truth.data, Words(more, values...));
  };
  const std::string found = truth.Path("found.csv");
  const std::string show = truth.Path("show");
  CHECK(run("evaluate", "--detections {} --report {}", found, truth.Path("report")) == kDone);
  CHECK(ReadTextFile(truth.Path("report/report.html")).find("image/jpeg") != std::string::npos);
  CHECK(run("evaluate", "--compare {} {}", found, found) == kDone);
  CHECK(run("evaluate", "--detections {} --compare voc12 ilsvrc --json", found) == kDone);
  CHECK_THROWS_AS(run("evaluate", "--compare {} voc12", found), UsageError);
  CHECK_THROWS_AS(run("evaluate", "--detections {} --metric coco --iou 0.7", found), UsageError);
  CHECK(ReadTextFile(truth.Path("report/report.html")).find("deeper evaluate --data") !=
        std::string::npos);
  CHECK(run("show", "--detections {} --output {}", found, show) == kDone);
  CHECK(fs::exists(truth.Path("show/000.jpg")));
  CHECK(run("show", "--detections {} --output {} --contact-sheet", found, show) == kDone);
  CHECK(fs::exists(truth.Path("show/sheet-1.jpg")));
  CHECK_THROWS_WITH(run("show", "--detections {} --only-class blue,redd", found),
                    Catch::Contains("did you mean 'red'?"));
}

TEST_CASE("one command trains several detectors, which score together and share their lower rows") {
  const test::TrainingGround ground;
  const auto path = [&](const std::string& name) { return ground.Path(name); };
  REQUIRE(ground.Train("all --method rcnn --output {} --holdout 0.5 --steps 1 --max-training-boxes "
                       "10 --models 3",
                       path("mine.safetensors")) == kDone);
  CHECK(ReadTextFile(path("mine.safetensors.models.txt")) ==
        "mine.safetensors\nmine-2.safetensors\nmine-3.safetensors\n");
  const Model first = LoadModel(path("mine.safetensors"));
  const Model second = LoadModel(path("mine-2.safetensors"));
  const Model third = LoadModel(path("mine-3.safetensors"));
  CHECK(CommonRows(RowFingerprints(*first.backbone, {}), RowFingerprints(*second.backbone, {})) ==
        8);  // up to inception_4e
  CHECK(first.crop.mode == CropMode::kWarp);
  CHECK(third.crop.mode == CropMode::kSquare);
  CHECK(Run("detect --model @{} --data {} --set train --precision f32 --max-proposals 5 "
            "--no-drawings --output {}",
            path("mine.safetensors.models.txt"),
            ground.data,
            path("found")) == kDone);
}

}  // namespace
}  // namespace deeper::tools
