// Detections whose results are known from the official code, or from an independent one: every
// given digit must match.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/files/file.h"
#include "core/text/parse.h"
#include "eval/evaluate.h"
#include "eval/formats/coco.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/reading/one_based.h"
#include "eval/formats/voc.h"
#include "eval/formats/voc_results.h"
#include "eval/matching.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"
#include "tests/support/temporary_directory.h"

namespace {

namespace fs = std::filesystem;
using namespace deeper;

constexpr double kLastDigit = 5.1e-11;  // the answers have ten digits after the point

std::vector<std::vector<std::string>> ReadFields(const fs::path& path) {
  const std::string text = ReadTextFile(path);
  std::vector<std::vector<std::string>> rows;
  for (const std::string_view line : SplitLines(text)) {
    const std::vector<std::string_view> fields = SplitFields(line);
    if (!fields.empty()) rows.emplace_back(fields.begin(), fields.end());
  }
  return rows;
}

double Number(const std::string& text) { return ParseDouble(text).value(); }

// Lines "number, WordNet id, name, AP, detections"; the name may hold spaces or be absent.
void CheckIlsvrc(const Evaluation& evaluation,
                 const ClassTable& classes,
                 const fs::path& expected) {
  REQUIRE(evaluation.classes.size() == 200);
  std::size_t checked = 0;
  for (const std::vector<std::string>& row : ReadFields(expected)) {
    CAPTURE(row[0], row[1]);
    if (row[0] == "mean") {
      CHECK(evaluation.mean_average_precision.value() ==
            Approx(Number(row[1])).margin(kLastDigit).epsilon(0));
    } else if (row[0] == "median") {
      CHECK(evaluation.median_average_precision.value() ==
            Approx(Number(row[1])).margin(kLastDigit).epsilon(0));
    } else {
      const ClassResult& result = evaluation.classes.at(IndexOf(classes.Find(row[1]).value()));
      const double ap = Number(row.at(row.size() - 2));
      CHECK(result.average_precision.value() == Approx(ap).margin(kLastDigit).epsilon(0));
    }
    ++checked;
  }
  CHECK(checked == 202);
}

// The ground truth as one text file "image class x1 y1 x2 y2 threshold", and the pictures' names.
Dataset ReadGroundTruthText(const fs::path& directory) {
  Dataset dataset;
  dataset.classes = ReadIlsvrcClasses(directory / "classes.txt");
  for (const std::vector<std::string>& row : ReadFields(directory / "val.txt")) {
    dataset.images.push_back({.id = row[0], .image_path = {}, .annotations = {}});
  }
  for (const std::vector<std::string>& row : ReadFields(directory / "ground_truth.txt")) {
    const Box box = BoxOfOneBased(Number(row[2]), Number(row[3]), Number(row[4]), Number(row[5]));
    CHECK(IlsvrcThreshold(box, 0.5) == Approx(Number(row[6])).margin(kLastDigit).epsilon(0));
    dataset.images.at(static_cast<std::size_t>(Number(row[0])) - 1)
        .annotations.push_back(
            {.box = box, .class_id = ClassAt(static_cast<std::size_t>(Number(row[1])) - 1)});
  }
  for (const std::vector<std::string>& row : ReadFields(directory / "blacklist.txt")) {
    dataset.blacklist.emplace(static_cast<std::size_t>(Number(row[0])) - 1,
                              dataset.classes.Find(row[1]).value());
  }
  return dataset;
}

void Unpack(const fs::path& archive, const fs::path& directory) {
  const std::string command = "tar xzf '" + archive.string() + "' -C '" + directory.string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe): one thread
}

}  // namespace

TEST_CASE("ILSVRC DET validation set: 200 APs, mean and median are the official code's") {
  DEEPER_REQUIRE_DATA(data);
  const fs::path directory = data / "eval_cases" / "ilsvrc_det";
  const Dataset dataset = ReadGroundTruthText(directory);
  const DetectionSet detections = ReadIlsvrcSubmission(directory / "predictions.txt", dataset);
  const Evaluation evaluation =
      Evaluate(dataset, detections, {.protocol = Protocol::kIlsvrc, .workers = 2});
  CheckIlsvrc(evaluation, dataset.classes, directory / "expected.txt");
  std::size_t objects = 0;
  for (const AnnotatedImage& image : dataset.images) objects += image.annotations.size();
  CHECK(objects == 55502);
}

TEST_CASE("ILSVRC DET val2 from its XML files: 200 APs, mean and median are the official code's") {
  DEEPER_REQUIRE_DATA(data);
  const fs::path directory = data / "eval_cases" / "ilsvrc_det";
  const test::TemporaryDirectory unpacked;
  Unpack(directory / "val2" / "annotations.tar.gz", unpacked.path());
  const ReadDataset read = ReadIlsvrcDataset({.image_list = directory / "val2" / "val2.txt",
                                              .annotations = unpacked / "annotations",
                                              .class_list = directory / "classes.txt",
                                              .blacklist = directory / "val2" / "blacklist.txt"});
  CHECK(read.dataset.images.size() == 9917);
  CHECK(read.warnings.empty());
  const DetectionSet detections =
      ReadIlsvrcSubmission(directory / "val2" / "predictions.txt", read.dataset);
  const Evaluation evaluation = Evaluate(read.dataset, detections, {.protocol = Protocol::kIlsvrc});
  CheckIlsvrc(evaluation, read.dataset.classes, directory / "val2" / "expected.txt");
}

// The mean over the recalls i * 0.1, doubles of which three lie above i/10: as the code that made
// the recorded 11-point averages has them, where ours are exact (eval/average_precision.h).
double ByMultiplesOfATenth(const PrecisionRecallCurve& curve) {
  double sum = 0;
  for (int i = 0; i <= 10; ++i) {
    double best = 0;
    for (std::size_t k = 0; k < curve.recall.size(); ++k) {
      if (curve.recall[k] >= i * 0.1) best = std::max(best, curve.precision[k]);
    }
    sum += best;
  }
  return sum / 11;
}

TEST_CASE("VOC2007 test set: 20 APs by area are the devkit's, by 11 points with its rounding") {
  DEEPER_REQUIRE_DATA(data);
  const fs::path directory = data / "eval_cases" / "voc2007";
  const test::TemporaryDirectory root;
  Unpack(directory / "annotations.tar.gz", root.path());
  fs::create_directories(root / "ImageSets" / "Main");
  fs::copy_file(directory / "test.txt", root / "ImageSets" / "Main" / "test.txt");
  const ReadDataset read = ReadVocDataset(root.path(), "test", {.classes = VocClasses()});
  CHECK(read.dataset.images.size() == 4952);
  CHECK(read.warnings.empty());
  const DetectionSet detections =
      ReadVocResults(directory / "detections", "test", read.dataset.classes);

  const auto [protocol, column] = GENERATE(std::pair<Protocol, std::size_t>{Protocol::kVoc07, 1},
                                           std::pair<Protocol, std::size_t>{Protocol::kVoc12, 2});
  const Evaluation evaluation = Evaluate(read.dataset, detections, {.protocol = protocol});
  const bool is_by_points = protocol == Protocol::kVoc07;
  std::size_t checked = 0;
  std::size_t rounded = 0;
  double sum = 0;
  for (const std::vector<std::string>& row : ReadFields(directory / "expected.txt")) {
    CAPTURE(row[0], column);
    if (row[0] == "class") continue;
    ++checked;
    const auto expected = Approx(Number(row.at(column))).margin(kLastDigit).epsilon(0);
    if (row[0] == "mean") {
      CHECK((is_by_points ? sum / 20 : evaluation.mean_average_precision.value()) == expected);
    } else {
      const ClassResult& result =
          evaluation.classes.at(IndexOf(read.dataset.classes.Find(row[0]).value()));
      const double exact = result.average_precision.value();
      const double devkits = is_by_points ? ByMultiplesOfATenth(result.curve) : exact;
      CHECK(devkits == expected);
      CHECK(exact >= devkits - kLastDigit);
      if (exact > devkits + kLastDigit) ++rounded;
      sum += devkits;
      CHECK(result.detections == static_cast<std::size_t>(Number(row.at(3))));
    }
  }
  CHECK(checked == 21);
  CHECK(rounded == (is_by_points ? 2 : 0));
  if (is_by_points) {
    CHECK(evaluation.mean_average_precision.value() ==
          Approx(0.5824930423).margin(kLastDigit).epsilon(0));
  }
}

TEST_CASE("the small VOC case gives its answers at four overlaps") {
  DEEPER_REQUIRE_DATA(data);
  const fs::path directory = data / "eval_cases" / "voc_small";
  Dataset dataset{
      .name = "small", .classes = ClassTableOf({"object"}), .images = {}, .blacklist = {}};
  DetectionSet detections{.classes = dataset.classes, .images = {}};
  // x y w h with corners (x, y) and (x + w, y + h), both inside: its results match only with the
  // devkit's + 1.
  const auto box = [](const std::vector<std::string>& row, std::size_t i) {
    const double x = Number(row.at(i));
    const double y = Number(row.at(i + 1));
    return BoxOfOneBased(x, y, x + Number(row.at(i + 2)), y + Number(row.at(i + 3)));
  };
  for (const std::string& name :
       std::vector<std::string>{"00001", "00002", "00003", "00004", "00005", "00006", "00007"}) {
    dataset.images.push_back({.id = name, .image_path = {}, .annotations = {}});
    detections.images.push_back({.id = name, .detections = {}});
    for (const std::vector<std::string>& row : ReadFields(directory / "gts" / (name + ".txt"))) {
      dataset.images.back().annotations.push_back({.box = box(row, 1)});
    }
    for (const std::vector<std::string>& row : ReadFields(directory / "dets" / (name + ".txt"))) {
      detections.images.back().detections.push_back(
          {.box = box(row, 2), .score = static_cast<float>(Number(row[1]))});
    }
  }

  // The answers by 11 points are of rounded recalls; of exact ones 3/10 is reached too.
  struct Answer {
    double iou, at_11_points, exactly, by_area;
  };
  const Answer answer = GENERATE(Answer{0.1, .3333333333, .3689064559, .3371980676},
                                 Answer{0.3, .2683982683, .2683982683, .2456866804},
                                 Answer{0.5, .0303030303, .0303030303, .0222222222},
                                 Answer{0.75, 0, 0, 0});
  CAPTURE(answer.iou);
  const auto evaluated = [&](Protocol protocol) {
    return Evaluate(dataset, detections, {.protocol = protocol, .min_iou = answer.iou});
  };
  constexpr double kCutOff = 1e-10;  // these answers were cut after the tenth digit, not rounded
  const auto is = [&](double value) { return Approx(value).margin(kCutOff).epsilon(0); };
  const Evaluation by_points = evaluated(Protocol::kVoc07);
  CHECK(ByMultiplesOfATenth(by_points.classes[0].curve) == is(answer.at_11_points));
  CHECK(by_points.mean_average_precision.value() == is(answer.exactly));
  CHECK(evaluated(Protocol::kVoc12).mean_average_precision.value() == is(answer.by_area));
}

TEST_CASE("COCO: the twelve numbers are pycocotools'") {
  DEEPER_REQUIRE_DATA(data);
  const fs::path directory = data / "eval_cases" / "coco";
  const CocoDataset coco = ReadCocoDataset(directory / "ground_truth.json");
  CHECK(coco.read.dataset.images.size() == 100);
  CHECK(coco.read.warnings.empty());
  const ReadLabels read =
      ReadCocoLabels(directory / "detections.json", &coco.read.dataset, &coco.ids);
  CHECK(read.warnings.empty());
  const Evaluation evaluation = Evaluate(
      coco.read.dataset, DetectionsOf(read.labels), {.protocol = Protocol::kCoco, .workers = 2});
  constexpr std::array<double, 12> kExpected = {.5036473244,
                                                .6969727247,
                                                .5716670594,
                                                .5932521030,
                                                .5579906676,
                                                .4893632102,
                                                .3868127796,
                                                .5936795763,
                                                .5953529829,
                                                .6547641894,
                                                .6031300236,
                                                .5537444356};
  for (std::size_t i = 0; i < kExpected.size(); ++i) {
    CAPTURE(kCocoNumberNames.at(i));
    CHECK(evaluation.coco.value().at(i).value() ==
          Approx(kExpected.at(i)).margin(kLastDigit).epsilon(0));
  }
  CHECK(evaluation.mean_average_precision.value() ==
        Approx(kExpected[0]).margin(kLastDigit).epsilon(0));
}
