#include "eval/formats/lines/detection_lines.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "eval/formats/coco.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

const ClassTable& Pets() {
  static const ClassTable table = ClassTableOf({"cat", "dog"});
  return table;
}

ImageDetections OneCat(const std::string& id) {
  return {.id = id,
          .width = 640,
          .height = 480,
          .detections = {{.box = {.x0 = 1.5F, .y0 = 0, .x1 = 100, .y1 = 0.1F},
                          .class_id = ClassAt(0),
                          .score = -0.25F}}};
}

std::filesystem::path Written(const test::TemporaryDirectory& directory, const std::string& text) {
  std::filesystem::path path = directory / "results.jsonl";
  WriteFileWhole(path, text);
  return path;
}

}  // namespace

TEST_CASE("a line of results is what the format's page shows") {
  CHECK(JsonLineOf(OneCat("holiday/img_1"), Pets()) ==
        R"({"image": "holiday/img_1", "width": 640, "height": 480, "detections": )"
        R"([{"class": "cat", "score": -0.25, "box": [1.5, 0, 100, 0.1]}]})");
  CHECK(JsonLineOf({.id = "a", .detections = {}, .file_name = "caf\xE9/a.png"}, Pets()) ==
        "{\"image\": \"a\", \"file\": \"caf\xEF\xBF\xBD/a.png\", \"width\": 0, \"height\": 0, "
        "\"detections\": []}");
  CHECK(JsonLineOf({.id = "empty", .detections = {}}, Pets()) ==
        R"({"image": "empty", "width": 0, "height": 0, "detections": []})");
}

TEST_CASE("results come back exactly, whatever the floats and the bytes of the ids") {
  Random random(7);
  DetectionSet written{.classes = Pets(), .images = {}};
  for (const std::string id :
       {"plain", "with \"quotes\", \\ and \n newline", "caf\xC3\xA9", "caf\xE9", "caf\xE8", ""}) {
    ImageDetections image{
        .id = id, .width = 3, .height = 4, .detections = {}, .file_name = "caf\xC3\xA9.png"};
    while (image.detections.size() < 500) {
      const auto some_float = [&] {
        return std::bit_cast<float>(static_cast<std::uint32_t>(random.Next()));
      };
      const Detection detection{
          .box = {.x0 = some_float(), .y0 = some_float(), .x1 = some_float(), .y1 = some_float()},
          .class_id = ClassAt(random.Below(2)),
          .score = some_float()};
      const Box& box = detection.box;
      if (std::isfinite(box.x0 * 0 + box.y0 * 0 + box.x1 * 0 + box.y1 * 0 + detection.score * 0)) {
        image.detections.push_back(detection);
      }
    }
    written.images.push_back(image);
  }
  // The one float whose shortest text becomes its neighbour when it is read as a double first.
  written.images[0].detections[0].score = 7.038531e-26F;
  const test::TemporaryDirectory directory;
  WriteJsonLines(written, directory / "results.jsonl");
  CHECK(ReadJsonLines(directory / "results.jsonl") == written);
  CHECK(ReadJsonLines(directory / "results.jsonl", &Pets()) == written);
}

TEST_CASE("an id that is not UTF-8 is readable JSON and keeps its bytes beside") {
  const std::string line = JsonLineOf({.id = "caf\xE9", .detections = {}}, Pets());
  const nlohmann::json parsed = nlohmann::json::parse(line);
  CHECK(parsed["image"] == "caf\xEF\xBF\xBD");
  CHECK(parsed["image_bytes"] == "636166e9");
}

TEST_CASE("classes that are not given are collected and sorted by name") {
  const test::TemporaryDirectory directory;
  const DetectionSet read = ReadJsonLines(Written(
      directory,
      R"({"image": "a", "detections": [{"class": "zebra", "score": 1, "box": [0, 0, 1, 1]}]})"
      "\n"
      R"({"image": "b", "detections": [{"class": "ant", "score": 2, "box": [0, 0, 1, 1]}, {"class": "zebra", "score": 3, "box": [0, 0, 1, 1]}]})"));
  CHECK(read.classes == ClassTableOf({"ant", "zebra"}));
  CHECK(read.images.at(0).detections.at(0).class_id == ClassAt(1));
  CHECK(read.images.at(1).detections.at(0).class_id == ClassAt(0));
  CHECK(read.images.at(1).detections.at(1).class_id == ClassAt(1));
  CHECK(read.images.at(0).width == 0);
}

TEST_CASE("unknown fields, blank lines and Windows line ends are passed over") {
  const test::TemporaryDirectory directory;
  const DetectionSet read = ReadJsonLines(
      Written(directory, "\n{\"image\": \"a\", \"seconds\": [1, {}], \"detections\": []}\r\n \n"));
  REQUIRE(read.images.size() == 1);
  CHECK(read.images[0].id == "a");
}

TEST_CASE("a malformed line of results is an error that names the line and what is wrong") {
  struct Bad {
    std::string line, complaint;
  };
  const std::string front = R"({"image": "b", "detections": [{"class": "cat", "score": 1, "box": )";
  const Bad bad = GENERATE_COPY(values<Bad>({
      {R"({"image": "b", "detections": [)", "not JSON"},
      {"[]", "expected a JSON object"},
      {R"({"detections": []})", "'image'"},
      {R"({"image": 3, "detections": []})", "found 3"},
      {R"({"image": "b"})", "'detections'"},
      {R"({"image": "b", "detections": {}})", "a list as 'detections'"},
      {R"({"image": "b", "detections": [7]})", "found 7"},
      {R"({"image": "a", "detections": []})", "'a' again"},
      {R"({"image": "b", "width": -1, "detections": []})", "'width'"},
      {R"({"image": "b", "height": 1.5, "detections": []})", "'height'"},
      {R"({"image": "b", "width": 3000000000, "detections": []})", "found 3000000000"},
      {R"({"image": "b", "image_bytes": "6g", "detections": []})", "image_bytes"},
      {R"({"image": "b", "image_bytes": "616", "detections": []})", "image_bytes"},
      {front + "[0, 0, 1]}]}", "4 numbers"},
      {front + "[0, 0, 1, \"x\"]}]}", "y1"},
      {front + "[0, 0, 1, 1e39]}]}", "range of a float"},
      {front + "[0, 0, NaN, 1]}]}", "not JSON"},
      {R"({"image": "b", "detections": [{"class": "cat", "box": [0, 0, 1, 1]}]})", "'score'"},
      {R"({"image": "b", "detections": [{"class": "catt", "score": 1, "box": [0, 0, 1, 1]}]})",
       "did you mean 'cat'"},
      {"{\"image\": \"caf\xE9\", \"detections\": []}", "not JSON"},
      {std::string(1'000'000, '['), "not JSON"},
  }));
  CAPTURE(bad.line.substr(0, 100));
  const test::TemporaryDirectory directory;
  const auto path =
      Written(directory, "{\"image\": \"a\", \"detections\": []}\n" + bad.line + "\n");
  CHECK_THROWS_WITH(ReadJsonLines(path, &Pets()),
                    Catch::Contains("results.jsonl:2: ") && Catch::Contains(bad.complaint));
  CHECK_THROWS_AS(ReadJsonLines(path, &Pets()), Error);
}

TEST_CASE("a score that is not a number cannot be written, nor a class name that is not UTF-8") {
  ImageDetections image = OneCat("a");
  image.detections[0].score = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(JsonLineOf(image, Pets()), ContractViolation);
  CHECK_THROWS_WITH(JsonLineOf(OneCat("a"), ClassTableOf({"caf\xE9"})), Catch::Contains("UTF-8"));
}

TEST_CASE(
    "COCO's lists count pictures, classes and detections from 1 and give width and height of "
    "boxes") {
  const test::TemporaryDirectory directory;
  DetectionSet detections{.classes = Pets(), .images = {OneCat("first"), OneCat("caf\xE9")}};
  detections.images[1].detections[0].class_id = ClassAt(1);
  detections.images[1].detections[0].box = {.x0 = 10.5F, .y0 = 20, .x1 = 14.5F, .y1 = 25};
  WriteCoco(detections, directory / "coco.json");
  const auto coco = nlohmann::json::parse(ReadTextFile(directory / "coco.json"));
  CHECK(coco["images"] == nlohmann::json::parse(R"([
    {"id": 1, "file_name": "first", "width": 640, "height": 480},
    {"id": 2, "file_name": "caf\uFFFD", "width": 640, "height": 480}])"));
  CHECK(coco["categories"] ==
        nlohmann::json::parse(R"([{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}])"));
  REQUIRE(coco["annotations"].size() == 2);
  CHECK(coco["annotations"][1] ==
        nlohmann::json::parse(R"({"id": 2, "image_id": 2, "category_id": 2,
    "bbox": [10.5, 20, 4, 5], "area": 20, "iscrowd": 0, "score": -0.25})"));
}

TEST_CASE("COCO of nothing is three empty lists") {
  const test::TemporaryDirectory directory;
  WriteCoco({}, directory / "coco.json");
  CHECK(nlohmann::json::parse(ReadTextFile(directory / "coco.json")) ==
        nlohmann::json::parse(R"({"images": [], "categories": [], "annotations": []})"));
}
