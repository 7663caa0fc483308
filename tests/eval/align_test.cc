#include "eval/align.h"

#include <limits>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/remedy.h"

using namespace deeper;

namespace {

Dataset Pets() {
  Dataset dataset{.name = "pets", .classes = {}, .images = {}, .blacklist = {}};
  dataset.classes.classes = {{.name = "cat", .wordnet_id = "n02121808"},
                             {.name = "dog", .wordnet_id = "n02084071"}};
  for (const char* id : {"a", "b", "c"}) {
    dataset.images.push_back({.id = id, .image_path = {}, .width = 10, .height = 20});
  }
  return dataset;
}

Detection Of(std::size_t class_index, float score = 1) {
  return {.box = {.x0 = 0, .y0 = 0, .x1 = 5, .y1 = 5},
          .class_id = ClassAt(class_index),
          .score = score};
}

}  // namespace

TEST_CASE("classes are found by name or WordNet id, never by position") {
  DetectionSet given;
  given.classes = ClassTableOf({"n02084071", "cat"});
  given.images = {{.id = "b", .detections = {Of(0), Of(1)}}};
  const AlignedDetections aligned = AlignDetections(Pets(), given);
  CHECK(aligned.detections.images.at(1).detections == std::vector<Detection>{Of(1), Of(0)});
  CHECK(aligned.class_map ==
        std::vector<ClassMatch>{
            {.detected = "n02084071", .class_id = ClassAt(1), .by_wordnet_id = true},
            {.detected = "cat", .class_id = ClassAt(0), .by_wordnet_id = false}});
  CHECK(ClassMapText(aligned.class_map, Pets().classes) ==
        "classes: 1 of the detections' 2 matched by name with the data set's 2\n"
        "  n02084071 -> dog (WordNet id)\n");
}

TEST_CASE("a WordNet id in the detections' own table finds a class of another name") {
  DetectionSet given;
  given.classes.classes = {{.name = "domestic dog", .wordnet_id = "n02084071"}};
  given.images = {{.id = "a", .detections = {Of(0)}}};
  CHECK(AlignDetections(Pets(), given).detections.images[0].detections.at(0).class_id ==
        ClassAt(1));
}

TEST_CASE("pictures come in the data set's order, those without detections too") {
  DetectionSet given;
  given.classes = ClassTableOf({"cat"});
  given.images = {{.id = "c", .width = 7, .height = 8, .detections = {Of(0)}},
                  {.id = "a", .detections = {}}};
  const std::vector<ImageDetections> images = AlignDetections(Pets(), given).detections.images;
  REQUIRE(images.size() == 3);
  CHECK(images[0].id == "a");
  CHECK(images[1].detections.empty());
  CHECK(images[2].detections.size() == 1);
  CHECK(images[2].width == 10);  // the data set's word counts
}

TEST_CASE("detections of an unknown class are refused, or left out and counted") {
  DetectionSet given;
  given.classes = ClassTableOf({"cat", "zebra"});
  given.images = {{.id = "a", .detections = {Of(0), Of(1), Of(1)}}};
  CHECK_THROWS_WITH(AlignDetections(Pets(), given), Catch::Contains("zebra"));
  CHECK(test::RemedyOf([&] { AlignDetections(Pets(), given); }) == Remedy::kNameClasses);
  const AlignedDetections aligned = AlignDetections(Pets(), given, UnknownClasses::kLeaveOut);
  CHECK(aligned.left_out == 2);
  CHECK(aligned.detections.images[0].detections.size() == 1);
  CHECK(ClassMapText(aligned.class_map, Pets().classes).find("zebra -> none") != std::string::npos);
  given.images[0].detections = {Of(0)};
  CHECK_NOTHROW(AlignDetections(Pets(), given));  // the table alone may know more
}

TEST_CASE("unknown and repeated pictures and scores that are no numbers are refused") {
  DetectionSet given;
  given.classes = ClassTableOf({"cat"});
  given.images = {{.id = "d", .detections = {}}};
  CHECK_THROWS_WITH(AlignDetections(Pets(), given), Catch::Contains("'d' is not among the 3"));
  given.images = {{.id = "a", .detections = {}}, {.id = "a", .detections = {}}};
  CHECK_THROWS_WITH(AlignDetections(Pets(), given), Catch::Contains("given twice"));
  given.images = {{.id = "a", .detections = {Of(0, std::numeric_limits<float>::quiet_NaN())}}};
  CHECK_THROWS_WITH(AlignDetections(Pets(), given), Catch::Contains("not a number"));
}

TEST_CASE("pictures without a result are counted, and cut off where both are to be common") {
  Dataset pets = Pets();
  pets.blacklist = {{2, ClassAt(0)}};
  DetectionSet given;
  given.classes = ClassTableOf({"cat"});
  given.images = {{.id = "z", .detections = {}},
                  {.id = "c", .detections = {Of(0)}},
                  {.id = "folder/a.jpg", .detections = {}}};
  CHECK(test::RemedyOf([&] { AlignDetections(pets, given); }) == Remedy::kTakeCommonPictures);
  const CommonPictures common = KeepCommonPictures(pets, given);
  CHECK(common.without_detections == 1);
  CHECK(common.without_dataset == 1);
  CHECK(common.example == "b");
  REQUIRE(pets.images.size() == 2);
  CHECK(pets.images[1].id == "c");
  CHECK(pets.blacklist.contains({1, ClassAt(0)}));
  REQUIRE(given.images.size() == 2);
  CHECK(AlignDetections(pets, given).without_result == 0);
  CHECK(AlignDetections(Pets(), given).without_result == 1);
}

TEST_CASE("pictures are matched by their file names where their ids differ, and counted") {
  Dataset dataset{.name = "d", .classes = ClassTableOf({"cat"}), .images = {}, .blacklist = {}};
  for (const char* id : {"a.jpg", "set/b", "one/c", "two/c"}) {
    dataset.images.push_back({.id = id, .image_path = {}});
  }
  const auto place_of = [&](const std::string& id) -> std::string {
    const DetectionSet given{.classes = ClassTableOf({"cat"}),
                             .images = {{.id = id, .detections = {Of(0)}}}};
    const AlignedDetections aligned = AlignDetections(dataset, given);
    CHECK(aligned.matched_by_file_name == 1);
    for (const ImageDetections& image : aligned.detections.images) {
      if (!image.detections.empty()) return image.id;
    }
    return "";
  };
  CHECK(place_of("a") == "a.jpg");
  CHECK(place_of("a.PNG") == "a.jpg");
  CHECK(place_of("set\\b") == "set/b");
  CHECK(place_of("b.jpg") == "set/b");
  const DetectionSet either{.classes = ClassTableOf({"cat"}),
                            .images = {{.id = "c", .detections = {Of(0)}}}};
  CHECK_THROWS_WITH(AlignDetections(dataset, either), Catch::Contains("'c' is not among"));
  CHECK(place_of("one/c.jpg") == "one/c");
}

TEST_CASE("pictures whose detections state another size are told") {
  DetectionSet given{.classes = ClassTableOf({"cat"}), .images = {}};
  given.images = {{.id = "a", .width = 10, .height = 20, .detections = {}},
                  {.id = "b", .width = 20, .height = 10, .detections = {}},
                  {.id = "c", .detections = {}}};
  CHECK(AlignDetections(Pets(), given).size_differences ==
        std::vector<SizeDifference>{{.place = 1, .width = 20, .height = 10}});
}
