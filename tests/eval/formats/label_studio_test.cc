#include "eval/formats/label_studio.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

ReadLabels Read(const std::string& json, const SizeOfImage& size_of = {}) {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "export.json", std::string_view(json));
  return ReadLabelStudio(directory / "export.json", LabelKind::kObjects, size_of);
}

std::string List(const std::string& tasks) { return fmt::format("[{}]", tasks); }

std::string Task(const std::string& image, const std::string& results) {
  return fmt::format(
      R"({{"data": {{"image": "{}"}}, "annotations": [{{"result": [{}]}}]}})", image, results);
}

// A result with the box 10, 10, 30, 20 of a picture of 100 x 50.
std::string Result(const std::string& type,
                   const std::string& labels,
                   const std::string& more = "") {
  return fmt::format(R"({{"type": "{}", "original_width": 100, "original_height": 50{}, )"
                     R"("value": {{"x": 10, "y": 20, "width": 20, "height": 20{}}}}})",
                     type,
                     more,
                     labels);
}

constexpr Box kBox{.x0 = 10, .y0 = 10, .x1 = 30, .y1 = 20};

}  // namespace

TEST_CASE("regions of Label Studio's shapes are each one object of their class") {
  for (const std::string& results :
       {Result("rectanglelabels", R"(, "rectanglelabels": ["ball"])"),
        Result("labels", R"(, "labels": ["ball"])"),
        Result("rectanglelabels", R"(, "rectanglelabels": "ball")"),
        Result("rectangle", "", R"(, "id": "r")") + "," +
            Result("labels", R"(, "labels": ["ball"])", R"(, "id": "r")"),
        Result("rectangle", "", R"(, "id": "r")") + "," +
            Result("choices", R"(, "choices": ["ball"])", R"(, "id": "r")"),
        Result("labels", R"(, "labels": ["ball"])", R"(, "id": "r")") + "," +
            Result("rectangle", "", R"(, "id": "r")")}) {
    CAPTURE(results);
    const ReadLabels read = Read(List(Task("a.jpg", results)));
    CHECK(read.warnings.empty());
    REQUIRE(read.labels.images.size() == 1);
    REQUIRE(read.labels.images[0].labels.size() == 1);
    CHECK(read.labels.images[0].labels[0].box == kBox);
    CHECK(read.labels.classes == ClassTableOf({"ball"}));
  }
}

TEST_CASE("the reduced export and that of old versions are read") {
  const ReadLabels reduced = Read(
      R"([{"image": "/data/upload/1/a.jpg", "id": 1, "annotator": 1, "label": [{"x": 10, "y": 20, "width": 20,
          "height": 20, "rotation": 0, "rectanglelabels": ["ball"], "original_width": 100, "original_height": 50}]}])");
  CHECK(reduced.labels.images.at(0).id == "a");
  CHECK(reduced.labels.images.at(0).labels.at(0).box == kBox);
  const ReadLabels old =
      Read(fmt::format(R"([{{"data": {{"photo": "http://host/p/a.jpg?x=1", "note": "none"}}, )"
                       R"("completions": [{{"result": [{}]}}]}}])",
                       Result("rectanglelabels", R"(, "rectanglelabels": ["ball"])")));
  CHECK(old.labels.images.at(0).id == "a");
  CHECK(old.labels.images.at(0).labels.size() == 1);
}

TEST_CASE("names in URLs are decoded, and folders tell pictures of one name apart") {
  const std::string result = Result("rectanglelabels", R"(, "rectanglelabels": ["ball"])");
  const auto id = [&](const std::string& image) {
    return Read(List(Task(image, result))).labels.images.at(0).id;
  };
  CHECK(id("/data/local-files/?d=my%20picture%20%C3%A9.jpg") == "my picture \xC3\xA9");
  CHECK(id("/data/local-files/?d=set1%5Ca.jpg") == "set1/a");
  CHECK(id("https://host/b/a%20b.png?token=1#x") == "a b");
  CHECK(id("50%25.jpg") == "50%25");
  CHECK(id("s3://bucket/a.jpg") == "a");
  const ReadLabels two = Read(List(fmt::format(
      "{},{}", Task("/data/upload/1/a.jpg", result), Task("/data/upload/2/a.jpg", result))));
  REQUIRE(two.labels.images.size() == 2);
  CHECK(two.labels.images[0].id == "1/a");
  CHECK(two.labels.images[1].id == "2/a");
}

TEST_CASE("a region without the picture's size takes it from the picture") {
  const std::string json =
      List(Task("a.jpg",
                R"({"type": "rectanglelabels", "value": {"x": 10, "y": 20, "width": 20, )"
                R"("height": 20, "rectanglelabels": ["ball"]}})"));
  CHECK(Read(json).warnings.size() == 1);
  const ReadLabels read = Read(json, [](const std::string& name) {
    return name == "a.jpg" ? std::optional(std::pair(100, 50)) : std::nullopt;
  });
  CHECK(read.labels.images.at(0).labels.at(0).box == kBox);
}
