#include "eval/formats/coco.h"

#include <fstream>
#include <string>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/evaluate.h"
#include "tests/support/catch.h"
#include "tests/support/remedy.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

std::filesystem::path Written(const test::TemporaryDirectory& directory, const std::string& text) {
  const std::filesystem::path path = directory / "truth.json";
  WriteFileWhole(path, text);
  return path;
}

// A data set with this text as its annotations: pictures 7 and 3 of 100 x 80, classes 5 and 2.
std::string Truth(const std::string& annotations) {
  return R"({"annotations": [)" + annotations + R"(],
    "images": [{"id": 7, "file_name": "seven.jpg", "width": 100, "height": 80},
               {"id": 3, "file_name": "three.jpg", "width": 100, "height": 80}],
    "categories": [{"id": 5, "name": "dog"}, {"id": 2, "name": "cat"}]})";
}

std::string Object(const std::string& bbox, const std::string& more = "") {
  return R"({"image_id": 3, "category_id": 5, "bbox": )" + bbox + more + "}";
}

std::string ReasonFor(const std::string& annotation) {
  const test::TemporaryDirectory directory;
  const CocoDataset coco = ReadCocoDataset(Written(directory, Truth(annotation)));
  CHECK(coco.read.dataset.images.at(0).annotations.empty());
  REQUIRE(coco.read.warnings.size() == 1);
  return coco.read.warnings[0].reason;
}

}  // namespace

TEST_CASE("pictures and classes stand by their numbers, whatever the order of the file") {
  const test::TemporaryDirectory directory;
  const CocoDataset coco = ReadCocoDataset(
      Written(directory, Truth(Object("[10.5, 20, 30, 40]", R"(, "area": 700.5, "iscrowd": 1,
                           "segmentation": [[1, 2, 3, 4]])"))),
      "pictures");
  CHECK(coco.ids.images == std::vector<std::string>{"3", "7"});
  CHECK(coco.ids.categories == std::vector<std::string>{"2", "5"});
  CHECK(coco.read.dataset.classes == ClassTableOf({"cat", "dog"}));
  const AnnotatedImage& three = coco.read.dataset.images.at(0);
  CHECK(three.id == "three");
  CHECK(three.image_path == "pictures/three.jpg");
  CHECK(three.annotations ==
        std::vector<Annotation>{{.box = {.x0 = 10.5, .y0 = 20, .x1 = 40.5, .y1 = 60},
                                 .class_id = ClassAt(1),
                                 .crowd = true,
                                 .area_px = 700.5}});
  CHECK(coco.read.warnings.empty());
}

TEST_CASE("bad COCO objects are left out with their reasons") {
  CHECK(ReasonFor(Object("[NaN, 1, 2, 3]")) ==
        "object 'dog' left out: its bbox is not a list of four numbers");
  CHECK(ReasonFor(Object("[1, 2, 3]")) ==
        "object 'dog' left out: its bbox is not a list of four numbers");
  CHECK(ReasonFor(Object("[50, 1, -20, 3]")) ==
        "object 'dog' left out: its box is inverted or empty");
  CHECK(ReasonFor(Object("[100, 1, 20, 30]")) ==
        "object 'dog' left out: its box lies outside the picture");
  CHECK(ReasonFor(Object("[1e300, 1, 20, 30]")) ==
        "object 'dog' left out: its box is not made of finite numbers");
  CHECK(ReasonFor(R"({"image_id": 4, "category_id": 5, "bbox": [1, 2, 3, 4]})") ==
        "a box of a picture that is not in 'images'");
  CHECK(ReasonFor(R"({"image_id": 3, "category_id": 6, "bbox": [1, 2, 3, 4]})") ==
        "a box of a class that is not in 'categories'");
  CHECK(ReasonFor("12") == "a box of a picture that is not in 'images'");
}

TEST_CASE("a repeated key is told and its last value counts") {
  const test::TemporaryDirectory directory;
  const CocoDataset coco = ReadCocoDataset(
      Written(directory, Truth(Object("[1, 2, 3, 4]", R"(, "bbox": [5, 6, 7, 8])"))));
  REQUIRE(coco.read.warnings.size() == 1);
  CHECK(coco.read.warnings[0].reason ==
        "the key 'bbox' twice in one object: the last value counts");
  CHECK(coco.read.dataset.images[0].annotations.at(0).box ==
        Box{.x0 = 5, .y0 = 6, .x1 = 12, .y1 = 14});
}

TEST_CASE("what is no COCO data set is refused with a reason, not with a crash") {
  const test::TemporaryDirectory directory;
  const auto message = [&](const std::string& text) {
    try {
      ReadCocoDataset(Written(directory, text));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string deep = std::string(2'000'000, '[');
  CHECK(message(deep).find("at most 100 levels") != std::string::npos);
  CHECK(message("{\"images\": [").find("expected JSON in UTF-8") != std::string::npos);
  CHECK(message("\xFF\xFE{").find("UTF-16 that is cut") != std::string::npos);
  CHECK(message("{\"images\": [{\"id\": 1, \"file_name\": \"caf\xE9.jpg\"}]}").find("UTF-8") !=
        std::string::npos);
  CHECK(message("[]").find("expected a COCO data set") != std::string::npos);
  CHECK(message("3").find("object or list") != std::string::npos);
  CHECK(message(R"({"images": [{"id": 1}, {"id": 1}], "categories": [], "annotations": []})")
            .find("number 1 twice") != std::string::npos);
}

TEST_CASE("a byte order mark and Windows line ends change nothing") {
  const test::TemporaryDirectory directory;
  std::string text = Truth(Object("[1, 2, 3, 4]"));
  const CocoDataset plain = ReadCocoDataset(Written(directory, text));
  for (std::size_t i = 0; (i = text.find('\n', i)) != std::string::npos; i += 2) {
    text.replace(i, 1, "\r\n");
  }
  CHECK(ReadCocoDataset(Written(directory, "\xEF\xBB\xBF" + text)).read.dataset ==
        plain.read.dataset);
}

TEST_CASE("a results list counts by the numbers of its data set") {
  const test::TemporaryDirectory directory;
  const CocoDataset coco = ReadCocoDataset(Written(directory, Truth(Object("[1, 2, 3, 4]"))));
  WriteFileWhole(directory / "found.json",
                 std::string_view(R"([{"image_id": 7, "category_id": 2, "bbox": [1.5, 2, 10, 20],
                                       "score": 0.25}])"));
  const ReadLabels read = ReadCocoLabels(directory / "found.json", &coco.read.dataset, &coco.ids);
  CHECK(read.warnings.empty());
  const DetectionSet found = DetectionsOf(read.labels);
  CHECK(found.images.at(1).id == "seven");
  CHECK(found.images.at(1).detections ==
        std::vector<Detection>{{.box = {.x0 = 1.5, .y0 = 2, .x1 = 11.5, .y1 = 22},
                                .class_id = ClassAt(0),
                                .score = 0.25}});
  CHECK(test::RemedyOf([&] { ReadCocoLabels(directory / "found.json"); }) == Remedy::kNameDataset);
}

TEST_CASE("the file names of two pictures that differ in their suffix alone stay whole") {
  const test::TemporaryDirectory directory;
  const CocoDataset coco = ReadCocoDataset(
      Written(directory,
              R"({"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "a.png"},
                     {"id": 3, "file_name": "b/c.JPG"}],
          "categories": [], "annotations": []})"));
  CHECK(coco.read.dataset.images[0].id == "a.jpg");
  CHECK(coco.read.dataset.images[1].id == "a.png");
  CHECK(coco.read.dataset.images[2].id == "b/c");
}

TEST_CASE("ids may be words, and numbers may be written as texts") {
  const test::TemporaryDirectory directory;
  const auto read = [&](const std::string& id, const std::string& category) {
    return ReadCocoDataset(Written(
        directory,
        R"({"images": [{"id": )" + id + R"(, "file_name": "a.jpg", "width": "99", "height": 50.0}],
        "categories": [{"id": )" +
            category + R"(, "name": " cat "}], "annotations": [{"image_id": )" + id +
            R"(, "category_id": )" + category +
            R"(, "bbox": ["1", 2, "3.5", 4], "iscrowd": "1", "area": "7"}]})"));
  };
  for (const char* id : {"7", "\"7\"", "7.0", "\"a\""}) {
    CAPTURE(id);
    const CocoDataset coco = read(id, "\"1\"");
    CHECK(coco.read.warnings.empty());
    const AnnotatedImage& image = coco.read.dataset.images.at(0);
    CHECK(image.width == 99);
    CHECK(image.height == 50);
    CHECK(image.annotations.at(0) ==
          Annotation{.box = {.x0 = 1, .y0 = 2, .x1 = 4.5F, .y1 = 6}, .crowd = true, .area_px = 7});
    CHECK(coco.read.dataset.classes == ClassTableOf({"cat"}));
    WriteFileWhole(
        directory / "found.json",
        std::string_view(
            R"([{"image_id": "a", "category_id": "cat", "bbox": [1, 2, 3, 4], "score": "0.5"}])"));
    const ReadLabels found =
        ReadCocoLabels(directory / "found.json", &coco.read.dataset, &coco.ids);
    CHECK(found.warnings.empty());
    CHECK(found.labels.images.at(0).labels.at(0).score == 0.5F);
  }
}

TEST_CASE("no picture's file name is the id that another is given") {
  const test::TemporaryDirectory directory;
  const CocoDataset coco = ReadCocoDataset(
      Written(directory,
              R"({"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "a.jpg"},
                     {"id": 3, "file_name": "a~1.jpg"}, {"id": 4}, {"id": 5, "file_name": "4.jpg"}],
          "categories": [{"id": 0, "name": "ball"}], "annotations": []})"));
  std::vector<std::string> ids;
  for (const AnnotatedImage& image : coco.read.dataset.images) ids.push_back(image.id);
  CHECK(ids == std::vector<std::string>{"a~1~", "a~2", "a~1", "4~", "4"});
}

TEST_CASE(
    "categories of one name are one class, pictures of one file name are told apart by their ids") {
  const test::TemporaryDirectory directory;
  const CocoDataset coco = ReadCocoDataset(Written(
      directory,
      R"({"images": [{"id": 3, "file_name": "f.jpg"}, {"id": 7, "file_name": "f.jpg"}, {"id": 8, "file_name": "x\\g.jpg"}],
          "categories": [{"id": 0, "name": "ball"}, {"id": 1, "name": "ball"}, {"id": 2, "name": "cat"}],
          "annotations": [{"image_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4]}]})"));
  CHECK(coco.read.warnings.empty());
  CHECK(coco.read.dataset.classes == ClassTableOf({"ball", "cat"}));
  CHECK(coco.ids.categories == std::vector<std::string>{"1", "2"});
  CHECK(coco.read.dataset.images[0].id == "f~3");
  CHECK(coco.read.dataset.images[1].id == "f~7");
  CHECK(coco.read.dataset.images[2].id == "x/g");
  CHECK(coco.read.dataset.images[0].annotations.size() == 1);
  const CocoDataset both = ReadCocoDataset(Written(
      directory,
      R"({"images": [{"id": 3, "file_name": "f.jpg"}], "categories": [{"id": 0, "name": "ball"}, {"id": 1, "name": "ball"}],
          "annotations": [{"image_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4]}, {"image_id": 3, "category_id": 0, "bbox": [1, 2, 3, 4]}]})"));
  CHECK(both.read.dataset.images.at(0).annotations.size() == 2);
  REQUIRE(both.read.warnings.size() == 1);
  CHECK_FALSE(both.read.warnings[0].loses);
}
