#include "eval/inspection/check_data.h"

#include <cmath>

#include "core/files/file.h"
#include "eval/drawing/draw.h"
#include "eval/inspection/check_text.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

CheckedSet SetOf(const std::string& name, const std::vector<std::string>& ids) {
  CheckedSet set{.name = name, .read = {}};
  for (const std::string& id : ids) {
    set.read.dataset.images.push_back({.id = id, .image_path = "pictures/" + id + ".jpg"});
  }
  return set;
}

}  // namespace

TEST_CASE("a set that is others together is taken out, one that lies in another is not") {
  std::vector<CheckedSet> sets = {SetOf("all", {"1", "2", "3", "4"}),
                                  SetOf("test", {"4"}),
                                  SetOf("train", {"1", "2"}),
                                  SetOf("trainval", {"1", "2", "3"}),
                                  SetOf("val", {"3"})};
  CHECK(TakeOutUnions(sets) == std::vector<std::string>{"all", "trainval"});
  CHECK(sets.size() == 3);
  std::vector<CheckedSet> leaking = {SetOf("train", {"1", "2", "3"}), SetOf("test", {"2"})};
  CHECK(TakeOutUnions(leaking).empty());
  std::vector<CheckedSet> equal = {SetOf("a", {"1", "2"}), SetOf("b", {"1", "2"})};
  CHECK(TakeOutUnions(equal).empty());
}

TEST_CASE("sets in folders of their own may use one id for several pictures") {
  std::vector<CheckedSet> sets = {
      SetOf("train", {"1", "2", "3"}), SetOf("val", {"1"}), SetOf("test", {"2", "3"})};
  sets[0].read.dataset.images[0].image_path = "train/1.jpg";
  CHECK(TakeOutUnions(sets).empty());
}

TEST_CASE("what readers left out becomes findings of its kind, and nothing else does") {
  CheckedSet set{.name = "train", .read = {}};
  const auto warn = [&](const char* where, WarningKind kind, bool loses = true) {
    set.read.warnings.push_back({.where = where, .reason = "r", .loses = loses, .kind = kind});
  };
  warn("a", WarningKind::kOther);
  warn("b", WarningKind::kEmptyBox);
  warn("c", WarningKind::kBoxOutside);
  warn("d", WarningKind::kBoxBeyond, false);
  warn("e", WarningKind::kUnreadablePicture);
  warn("f", WarningKind::kMissingPicture);
  warn("g", WarningKind::kMissingPicture, false);  // its picture is in the data set
  warn("h", WarningKind::kMissingAnnotation, false);
  const DataCheck check = CheckData({set}, {});
  CHECK(check.finished);
  std::vector<std::pair<DataFault, std::string>> found;
  for (const DataFinding& finding : check.findings) {
    CHECK(finding.set == "train");
    found.emplace_back(finding.fault, finding.where);
  }
  CHECK(found ==
        std::vector<std::pair<DataFault, std::string>>{{DataFault::kUnreadablePicture, "e"},
                                                       {DataFault::kMissingPicture, "f"},
                                                       {DataFault::kUnannotatedPicture, "h"},
                                                       {DataFault::kEmptyBox, "b"},
                                                       {DataFault::kOutsideBox, "c"},
                                                       {DataFault::kBeyondBox, "d"},
                                                       {DataFault::kOther, "a"}});
}

TEST_CASE("classes are counted over all sets by their names") {
  CheckedSet train = SetOf("train", {});
  CheckedSet test = SetOf("test", {});
  const Annotation object{.box = {.x0 = 0, .y0 = 0, .x1 = 30, .y1 = 20}};
  train.read.dataset.classes = ClassTableOf({"cat", "dog"});
  train.read.dataset.images.push_back(
      {.id = "1", .image_path = {}, .annotations = {object, object}});
  test.read.dataset.classes = ClassTableOf({"ant", "cat"});
  test.read.dataset.images.push_back({.id = "2", .image_path = {}, .annotations = {object}});
  const DataCheck check = CheckData({train, test}, {});
  REQUIRE(check.classes.size() == 3);
  CHECK(check.classes[0].name == "ant");
  CHECK(check.classes[0].Objects() == 1);
  CHECK(check.classes[1].name == "cat");
  CHECK(check.classes[1].sets[0].objects == 2);
  CHECK(check.classes[1].sets[0].pictures == 1);
  CHECK(check.classes[1].sets[1].objects == 0);
  CHECK(check.Count(DataFault::kTwiceBox) == 1);
  CHECK(check.Count(DataFault::kMissingPicture) == 2);
  REQUIRE(check.box_sides);
  CHECK(check.box_sides->median == Approx(std::sqrt(600)));
  CHECK_FALSE(check.picture_sizes);
  const std::string text = CheckText(check, 1);
  CHECK(text.find("class  objects  pictures  in train  in test\n") != std::string::npos);
  CHECK(text.find("cat          2         1         2        0\n") != std::string::npos);
  CHECK(text.find("annotations without a picture: 2\n    train: 1: no picture was found for it\n"
                  "    ... and 1 more\n") != std::string::npos);
}

TEST_CASE("a check that is asked to stop is not finished") {
  const test::TemporaryDirectory directory;
  CheckedSet set{.name = "", .read = {}};
  for (int i = 0; i < 20; ++i) {
    const auto path = directory / (std::to_string(i) + ".jpg");
    WriteFileWhole(path, EncodeJpeg(MakeImage(20, 20, 9, 9, 9)));
    set.read.dataset.images.push_back({.id = std::to_string(i), .image_path = path});
  }
  Monitor monitor;
  monitor.stop_asked = [] { return true; };
  CHECK_FALSE(CheckData({set}, {}, monitor).finished);
}
