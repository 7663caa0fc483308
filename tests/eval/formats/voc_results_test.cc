#include "eval/formats/voc_results.h"

#include <string>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

const ClassTable& Pets() {
  static const ClassTable table = ClassTableOf({"cat", "dog"});
  return table;
}

Detection SomeDetection(ClassId id, float score) {
  return {.box = {.x0 = 0.3F, .y0 = 7, .x1 = 20.1F, .y1 = 31}, .class_id = id, .score = score};
}

void WriteFiles(const test::TemporaryDirectory& directory,
                const std::string& cats,
                const std::string& dogs) {
  WriteFileWhole(directory / "comp3_det_test_cat.txt", cats);
  WriteFileWhole(directory / "comp3_det_test_dog.txt", dogs);
}

}  // namespace

TEST_CASE("VOC results are one file a class, 1-based and inclusive") {
  const test::TemporaryDirectory directory;
  WriteVocResults({.classes = Pets(),
                   .images = {{.id = "000043", .detections = {SomeDetection(ClassAt(0), -1.5F)}}}},
                  directory.path(),
                  "test");
  CHECK(ReadTextFile(directory / "comp3_det_test_cat.txt") == "000043 -1.5 1.3 8 20.1 31\n");
  CHECK(ReadTextFile(directory / "comp3_det_test_dog.txt").empty());
}

TEST_CASE("VOC results come back exactly, pictures by id") {
  const test::TemporaryDirectory directory;
  DetectionSet written{.classes = Pets(),
                       .images = {{.id = "b",
                                   .detections = {SomeDetection(ClassAt(0), 0.1F),
                                                  SomeDetection(ClassAt(1), 7.038531e-26F)}},
                                  {.id = "a", .detections = {SomeDetection(ClassAt(1), 3)}}}};
  WriteVocResults(written, directory.path(), "test");
  std::swap(written.images[0], written.images[1]);
  CHECK(ReadVocResults(directory.path(), "test", Pets()) == written);
}

TEST_CASE("results of other programs are known by their names") {
  for (const char* prefix : {"comp4_det_test_",
                             "comp4_0a1b-2c_det_test_",
                             "det_test_",
                             "comp3_det_val_",
                             "",
                             "VOC2007/Main/comp4_det_test_"}) {
    CAPTURE(prefix);
    const test::TemporaryDirectory directory;
    WriteFileWhole(directory / (std::string(prefix) + "cat.txt"),
                   std::string_view("a 0.5 1 2 3 4\n"));
    WriteFileWhole(directory / (std::string(prefix) + "dog.txt"), std::string_view(""));
    const DetectionSet read = ReadVocResults(directory.path(), "test", Pets());
    REQUIRE(read.images.size() == 1);
    CHECK(read.images[0].detections.at(0).class_id == ClassAt(0));
  }
}

TEST_CASE("of several results those of the set count, and two of them are refused") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"comp4_det_test_cat.txt",
                           "comp4_det_test_dog.txt",
                           "comp4_det_val_cat.txt",
                           "comp4_det_val_dog.txt"}) {
    WriteFileWhole(
        directory / name,
        std::string_view(std::string(name).find("val") == std::string::npos ? "a 0.5 1 2 3 4\n"
                                                                            : ""));
  }
  CHECK(ReadVocResults(directory.path(), "test", Pets()).images.size() == 1);
  CHECK(ReadVocResults(directory.path(), "val", Pets()).images.empty());
  CHECK_THROWS_WITH(ReadVocResults(directory.path(), "train", Pets()),
                    Catch::Contains("several results"));
}

TEST_CASE("an id of several words is that of a picture of the data set") {
  const test::TemporaryDirectory directory;
  WriteFiles(directory, "IMG 1 0.5 1 2 3 4\n", "");
  const Dataset dataset{.name = "d",
                        .classes = Pets(),
                        .images = {{.id = "IMG 1", .image_path = {}}},
                        .blacklist = {}};
  CHECK(ReadVocResults(directory.path(), "test", Pets(), &dataset).images.at(0).id == "IMG 1");
  CHECK_THROWS_AS(ReadVocResults(directory.path(), "test", Pets()), Error);
}

TEST_CASE("inverted boxes of VOC results stay, to count as false") {
  const test::TemporaryDirectory directory;
  WriteFiles(directory, "a 1 30 1 20 5\n", "");
  CHECK(
      ReadVocResults(directory.path(), "test", Pets()).images.at(0).detections.at(0).box.IsEmpty());
}

TEST_CASE("a malformed line of VOC results is an error with its number") {
  const std::string line = GENERATE("a 1 2 3 4",
                                    "a 1 2 3 4 5 6",
                                    "a x 2 3 4 5",
                                    "a nan 2 3 4 5",
                                    "a 1e39 2 3 4 5",
                                    "a 1 2 3 4 5px",
                                    "a 1 2 inf 4 5");
  CAPTURE(line);
  const test::TemporaryDirectory directory;
  WriteFiles(directory, "", "a 1 2 3 4 5\n\n" + line + "\n");
  CHECK_THROWS_WITH(ReadVocResults(directory.path(), "test", Pets()),
                    Catch::Contains("comp3_det_test_dog.txt:3: expected") && Catch::Contains(line));
}

TEST_CASE("a class without a results file is an error") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "comp3_det_test_cat.txt", "");
  CHECK_THROWS_WITH(ReadVocResults(directory.path(), "test", Pets()),
                    Catch::Contains("comp3_det_test_dog.txt"));
}

TEST_CASE("ids of two words and class names with a slash cannot be written as VOC results") {
  const test::TemporaryDirectory directory;
  CHECK_THROWS_WITH(
      WriteVocResults({.classes = Pets(), .images = {{.id = "two words", .detections = {}}}},
                      directory.path(),
                      "test"),
      Catch::Contains("'two words'"));
  CHECK_THROWS_WITH(
      WriteVocResults(
          {.classes = ClassTableOf({"fine", "a/../b"}), .images = {}}, directory.path(), "test"),
      Catch::Contains("'a/../b'"));
  CHECK(std::filesystem::is_empty(directory.path()));
}
