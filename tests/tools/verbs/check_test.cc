// "deeper check" on small data sets that have one fault each, and on one that has none.

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "eval/drawing/draw.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/support/coloured_data_set.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/run_verb.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// What "check <text> --json" prints.
template <typename... Values>
Json Checked(int status, std::string_view text, const Values&... values) {
  test::CapturedOutput output;
  const int got = test::Run("check {} --json", test::Words(text, values...));
  const std::string said = output.Text();
  CAPTURE(said);
  REQUIRE(got == status);
  return Json::parse(said);
}

// How many there are of each fault, without those of which there is none.
std::map<std::string, std::size_t> FaultsIn(const Json& check) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [fault, places] : check["faults"].items()) {
    if (!places.empty()) counts[fault] = places.size();
  }
  return counts;
}

// A data set in VOC layout: the lists "train" of four pictures and "test" of two.
struct Ground {
  test::TemporaryDirectory directory;
  fs::path root = test::WriteDataSet(directory / "voc");

  Ground() {
    List("train", "000\n001\n002\n003\n");
    List("test", "004\n005\n");
  }
  void List(const std::string& set, std::string_view ids) const {
    WriteFileWhole(root / "ImageSets/Main" / (set + ".txt"), ids);
  }
  fs::path Picture(const std::string& id) const { return root / "JPEGImages" / (id + ".jpg"); }
  fs::path Annotation(const std::string& id) const { return root / "Annotations" / (id + ".xml"); }
  // Replaces the text between these two in an annotation.
  void Change(const std::string& id,
              const std::string& begin,
              const std::string& end,
              const std::string& text) const {
    std::string xml = ReadTextFile(Annotation(id));
    const std::size_t from = xml.find(begin) + begin.size();
    REQUIRE(from >= begin.size());
    xml.replace(from, xml.find(end, from) - from, text);
    WriteFileWhole(Annotation(id), xml);
  }
  // The first object's box.
  void Box(const std::string& id, int xmin, int ymin, int xmax, int ymax) const {
    Change(id,
           "<bndbox>",
           "</bndbox>",
           fmt::format("<xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax>",
                       xmin,
                       ymin,
                       xmax,
                       ymax));
  }
  void AddObject(const std::string& id, const std::string& object) const {
    Change(id, "</size>", "<object>", "<object>" + object + "</object>");
  }
  // Picture 900: the first, scaled and encoded anew, without objects.
  void AddScaledCopy(int side_px, int quality) const {
    WriteFileWhole(Picture("900"),
                   EncodeJpeg(ResizeImage(ReadImage(Picture("000")), side_px, side_px), quality));
    WriteFileWhole(Annotation("900"), std::string_view("<annotation></annotation>"));
  }
};

TEST_CASE("a clean data set has no finding, and its sets and classes are counted") {
  const Ground ground;
  ground.List("trainval", "000\n001\n002\n003\n004\n005\n");  // the others together
  const Json check = Checked(kDone, "--data voc:{}", ground.root);
  CHECK(FaultsIn(check).empty());
  REQUIRE(check["sets"].size() == 2);
  CHECK(check["sets"][1]["set"] == "train");
  CHECK(check["sets"][1]["pictures"] == 4);
  CHECK(check["classes"][0]["class"] == "blue");
  CHECK(check["classes"][0]["objects"] == 6);
  CHECK(check["classes"][0]["sets"][0]["objects"] == 2);
  CHECK(check["picture_sizes"]["median"] == Json({128, 128}));
  const Json one = Checked(kDone, "--data voc:{} --set test", ground.root);
  CHECK(one["sets"].size() == 1);
}

// A way to spoil a data set, and the fault that it then has.
struct Fault {
  std::string name;
  std::function<void(const Ground&)> damage;
};

std::vector<Fault> OneFaultEach() {
  std::vector<Fault> faults;
  const auto add = [&](const char* name, const std::function<void(const Ground&)>& damage) {
    faults.push_back({.name = name, .damage = damage});
  };
  add("unreadable_picture", [](const Ground& g) {
    const std::string jpeg = ReadTextFile(g.Picture("001"));
    WriteFileWhole(g.Picture("001"), std::string_view(jpeg).substr(0, jpeg.size() / 2));
  });
  add("unreadable_picture",
      [](const Ground& g) { WriteFileWhole(g.Picture("001"), std::string_view("text")); });
  add("missing_picture", [](const Ground& g) { fs::remove(g.Picture("002")); });
  add("missing_picture", [](const Ground& g) { g.List("test", "004\n005\nabsent\n"); });
  add("unannotated_picture", [](const Ground& g) { fs::remove(g.Annotation("002")); });
  add("other_size", [](const Ground& g) { g.Change("003", "<width>", "</width>", "200"); });
  add("empty_box", [](const Ground& g) { g.Box("000", 60, 20, 20, 60); });
  add("empty_box", [](const Ground& g) { g.Box("000", 61, 20, 60, 60); });
  add("outside_box", [](const Ground& g) { g.Box("000", 500, 20, 540, 60); });
  add("beyond_box", [](const Ground& g) { g.Box("000", 90, 20, 140, 60); });
  add("tiny_box", [](const Ground& g) { g.Box("000", 11, 20, 13, 60); });
  add("twice_box", [](const Ground& g) {
    g.Box("000", 11, 20, 60, 60);
    g.AddObject("000",
                "<name>red</name><bndbox><xmin>11</xmin><ymin>21</ymin><xmax>60</xmax>"
                "<ymax>60</ymax></bndbox>");
  });
  add("repeated_picture", [](const Ground& g) {
    fs::copy(g.Picture("000"), g.Picture("900"));
    fs::copy(g.Annotation("000"), g.Annotation("900"));
    g.List("train", "000\n001\n002\n003\n900\n");
  });
  add("repeated_picture", [](const Ground& g) {
    g.AddScaledCopy(90, 60);
    g.List("train", "000\n001\n002\n003\n900\n");
  });
  add("shared_picture", [](const Ground& g) { g.List("test", "000\n004\n005\n"); });
  add("shared_picture", [](const Ground& g) {
    g.AddScaledCopy(200, 70);
    g.List("test", "004\n005\n900\n");
  });
  add("alike_names", [](const Ground& g) { g.Change("000", "<name>", "</name>", "Red"); });
  add("other", [](const Ground& g) {
    g.AddObject("000",
                "<name>red</name><difficult>maybe</difficult><bndbox><xmin>1</xmin>"
                "<ymin>80</ymin><xmax>60</xmax><ymax>120</ymax></bndbox>");
  });
  return faults;
}

TEST_CASE("a data set with one fault has that finding and no other") {
  for (const auto& [fault, damage] : OneFaultEach()) {
    const Ground ground;
    damage(ground);
    const Json check = Checked(kSomeInputsFailed, "--data voc:{}", ground.root);
    CAPTURE(fault, check["faults"].dump());
    CHECK(FaultsIn(check) == std::map<std::string, std::size_t>{{fault, 1}});
  }
}

TEST_CASE("a picture that is in two sets is named with both, whether listed twice or copied") {
  const Ground ground;
  fs::copy(ground.Picture("000"), ground.Picture("900"));
  fs::copy(ground.Annotation("000"), ground.Annotation("900"));
  ground.List("test", "004\n005\n900\n");
  const Json check = Checked(kSomeInputsFailed, "--data voc:{}", ground.root);
  // Sets are in the order of their names, and the later picture is the copy.
  REQUIRE(check["faults"]["shared_picture"].size() == 1);
  const Json& shared = check["faults"]["shared_picture"][0];
  CHECK(shared["set"] == "test, train");
  CHECK(shared["where"] == "000");
  CHECK(shared["what"] == "the same file as 900 of test");
  CHECK(Checked(kDone, "--data voc:{} --set train", ground.root)["sets"].size() == 1);
  CHECK(FaultsIn(Checked(kSomeInputsFailed, "--data voc:{} --set train,test", ground.root)) ==
        std::map<std::string, std::size_t>{{"shared_picture", 1}});
  CHECK(FaultsIn(Checked(kDone, "--data voc:{} --headers-only", ground.root)).empty());
}

TEST_CASE("data sets of files are checked against one another, with the pictures beside them") {
  const Ground ground;
  const auto convert = [&](const char* set, const std::string& file) {
    REQUIRE(test::Run("convert --data voc:{} --set {} --to coco --output {}",
                      ground.root,
                      set,
                      ground.directory / file) == kDone);
    return (ground.directory / file).string() + "," + (ground.root / "JPEGImages").string();
  };
  const std::string train = convert("train", "a/train.json");
  const std::string test = convert("test", "b/test.json");
  // Alone in its folder, a file is expected to name all pictures.
  CHECK(FaultsIn(Checked(kSomeInputsFailed, "--data coco:{}", train)) ==
        std::map<std::string, std::size_t>{{"unannotated_picture", 2}});
  const Json both = Checked(kDone, "--data coco:{} --against coco:{}", train, test);
  CHECK(both["sets"][0]["set"] == "train");
  CHECK(both["sets"][1]["set"] == "test");
  ground.List("test", "003\n004\n005\n");
  CHECK(FaultsIn(Checked(kSomeInputsFailed,
                         "--data coco:{} --against coco:{}",
                         train,
                         convert("test", "b/test.json"))) ==
        std::map<std::string, std::size_t>{{"shared_picture", 1}});
  fs::copy(ground.directory / "b/test.json", ground.directory / "a/test.json");
  CHECK(FaultsIn(Checked(kDone, "--data coco:{}", train)).empty());
  // A directory of both files has two sets.
  const Json found =
      Checked(kSomeInputsFailed,
              "--data {}",
              (ground.directory / "a").string() + "," + (ground.root / "JPEGImages").string());
  CHECK(found["sets"].size() == 2);
  CHECK(FaultsIn(found) == std::map<std::string, std::size_t>{{"shared_picture", 1}});
}

TEST_CASE("YOLO's sets are checked, and its pictures without a file are without objects") {
  const Ground ground;
  const fs::path yolo = ground.directory / "yolo";
  for (const char* set : {"train", "test"}) {
    REQUIRE(test::Run("convert --data voc:{} --set {} --to yolo --output {}",
                      ground.root,
                      set,
                      yolo / set / "labels") == kDone);
    fs::create_directories(yolo / set / "images");
    for (const fs::directory_entry& entry : fs::directory_iterator(yolo / set / "labels")) {
      const std::string id = entry.path().stem().string();
      if (entry.path().extension() == ".txt" && id != "classes")
        fs::copy(ground.Picture(id), yolo / set / "images" / (id + ".jpg"));
    }
    fs::rename(yolo / set / "labels/classes.txt", yolo / "classes.txt");
  }
  fs::remove(yolo / "test/labels/004.txt");
  const Json check = Checked(kDone, "--data {}", yolo);
  CHECK(check["sets"].size() == 2);
  CHECK(check["sets"][1]["without_objects"] == 1);
  WriteFileWhole(yolo / "test/images/005.jpg", std::string_view("text"));
  CHECK(FaultsIn(Checked(kSomeInputsFailed, "--data {}", yolo)) ==
        std::map<std::string, std::size_t>{{"unreadable_picture", 1}});
}

TEST_CASE("the report is one page and a contact sheet a class; the text names what is wrong") {
  const Ground ground;
  ground.Box("000", 11, 20, 13, 60);
  test::CapturedOutput output;
  REQUIRE(test::Run("check --data voc:{} --report {}", ground.root, ground.directory / "report") ==
          kSomeInputsFailed);
  const std::string text = output.Text();
  CHECK(text.find("tiny boxes: 1\n    train: 000: a 'red' of 3 x 41 pixels at 10, 19\n") !=
        std::string::npos);
  CHECK(ReadImage(ground.directory / "report/classes/01-blue.jpg").width > 100);
  CHECK(fs::exists(ground.directory / "report/classes/02-red.jpg"));
  const std::string page = ReadTextFile(ground.directory / "report/report.html");
  CHECK(page.find("tiny_box") != std::string::npos);
  CHECK(page.find("src=\"") == std::string::npos);
}

TEST_CASE("what counts as tiny or as drawn twice can be said") {
  const Ground ground;
  ground.Box("000", 11, 20, 13, 60);
  CHECK(Checked(kDone, "--data voc:{} --tiny 3", ground.root)["faults"]["tiny_box"].empty());
  CHECK_THROWS_WITH(test::Run("check --data voc:{} --same-iou 2", ground.root),
                    Catch::Contains("--same-iou is 2, expected a number from 0 to 1"));
}

}  // namespace
}  // namespace deeper::tools
