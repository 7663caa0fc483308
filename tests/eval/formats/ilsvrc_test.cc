#include "eval/formats/ilsvrc.h"

#include <string>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

// Two pictures, two classes, one blacklisted pair.
struct IlsvrcLayout {
  test::TemporaryDirectory root;
  IlsvrcFiles files{.image_list = root / "val.txt",
                    .annotations = root / "xml",
                    .class_list = root / "classes.txt",
                    .blacklist = root / "blacklist.txt"};

  IlsvrcLayout() {
    Write("classes.txt", "n001 1 cat\nn002 2 hot dog\n");
    Write("val.txt", "first 1\nsub/second 2\n");
    Write("blacklist.txt", "2 n001\n");
    Write("xml/first.xml", Xml("n002", "0"));
    Write("xml/sub/second.xml", Xml("n999", "5"));
  }
  void Write(const std::string& name, const std::string& text) const {
    WriteFileWhole(root / name, text);
  }
  static std::string Xml(const std::string& wordnet_id, const std::string& xmin) {
    return "<annotation><size><width>20</width><height>30</height></size><object><name>" +
           wordnet_id + "</name><bndbox><xmin>" + xmin +
           "</xmin><xmax>19</xmax><ymin>2</ymin><ymax>29</ymax></bndbox></object>"
           "</annotation>";
  }
};

}  // namespace

TEST_CASE("class names of ILSVRC may hold spaces") {
  const IlsvrcLayout layout;
  const ClassTable classes = ReadIlsvrcClasses(layout.files.class_list);
  REQUIRE(classes.Size() == 2);
  CHECK(classes.classes[1] == ClassInfo{.name = "hot dog", .wordnet_id = "n002"});
  CHECK(classes.Find("n001") == ClassAt(0));
}

TEST_CASE(
    "a class list out of order, with a repeated id or without a name is an error with its line") {
  const std::string second =
      GENERATE("n002 3 dog", "n002 1 dog", "n001 2 dog", "n002 2", "n002 two dog", "n002");
  CAPTURE(second);
  const IlsvrcLayout layout;
  layout.Write("classes.txt", "n001 1 cat\n" + second + "\n");
  CHECK_THROWS_WITH(ReadIlsvrcClasses(layout.files.class_list),
                    Catch::Contains("classes.txt:2: expected"));
}

TEST_CASE(
    "an ILSVRC data set keeps its boxes unclipped and leaves unknown classes out with a warning") {
  IlsvrcLayout layout;
  layout.files.images = layout.root / "jpeg";
  const ReadDataset read = ReadIlsvrcDataset(layout.files);
  REQUIRE(read.dataset.images.size() == 2);
  CHECK(read.dataset.images[0].id == "first");
  CHECK(read.dataset.images[0].width == 20);
  CHECK(read.dataset.images[0].image_path == layout.root / "jpeg/first.JPEG");
  REQUIRE(read.dataset.images[0].annotations.size() == 1);
  CHECK(read.dataset.images[0].annotations[0].class_id == ClassAt(1));
  CHECK(read.dataset.images[0].annotations[0].box == Box{.x0 = -1, .y0 = 1, .x1 = 19, .y1 = 29});
  CHECK(read.dataset.images[1].id == "sub/second");
  CHECK(read.dataset.images[1].annotations.empty());
  REQUIRE(read.warnings.size() == 1);
  CHECK_THAT(read.warnings[0].reason, Catch::Contains("n999"));
  CHECK(read.dataset.blacklist == std::set<std::pair<std::size_t, ClassId>>{{1, ClassAt(0)}});
}

TEST_CASE("image lists and blacklists that do not fit are errors with their line") {
  const IlsvrcLayout layout;
  for (const std::string list :
       {"first 1\nsub/second 3\n", "first 1\nfirst 2\n", "first 1\nsub/second\n"}) {
    layout.Write("val.txt", list);
    CHECK_THROWS_WITH(ReadIlsvrcDataset(layout.files), Catch::Contains("val.txt:2: expected"));
  }
  layout.Write("val.txt", "first 1\nsub/second 2\n");
  for (const std::string list : {"3 n001", "0 n001", "1 n999", "1", "x n001", "-1 n001"}) {
    layout.Write("blacklist.txt", list);
    CHECK_THROWS_WITH(ReadIlsvrcDataset(layout.files),
                      Catch::Contains("blacklist.txt:1: expected"));
  }
  layout.Write("val.txt", "first 1\nthird 2\n");
  CHECK_THROWS_WITH(ReadIlsvrcDataset(layout.files), Catch::Contains("third.xml"));
}

TEST_CASE("a submission gives every picture its detections, in the data set's order") {
  const IlsvrcLayout layout;
  const Dataset dataset = ReadIlsvrcDataset(layout.files).dataset;
  layout.Write("submission.txt", "2 1 0.5 1 2 3 4\n1 2 -0.25 11 12 13 14.5\n2 2 0.75 1 1 1 1\n");
  const DetectionSet read = ReadIlsvrcSubmission(layout.root / "submission.txt", dataset);
  REQUIRE(read.images.size() == 2);
  CHECK(read.classes == dataset.classes);
  CHECK(read.images[0].id == "first");
  CHECK(read.images[0].height == 30);
  CHECK(read.images[0].detections ==
        std::vector<Detection>{{.box = {.x0 = 10, .y0 = 11, .x1 = 13, .y1 = 14.5F},
                                .class_id = ClassAt(1),
                                .score = -0.25F}});
  CHECK(read.images[1].detections.size() == 2);
  CHECK(read.images[1].detections.at(1).score == 0.75F);
}

TEST_CASE("a malformed line of a submission is an error with its number") {
  const std::string line = GENERATE("3 1 0.5 1 2 3 4",
                                    "0 1 0.5 1 2 3 4",
                                    "-1 1 0.5 1 2 3 4",
                                    "1 3 0.5 1 2 3 4",
                                    "1 0 0.5 1 2 3 4",
                                    "1 1.5 0.5 1 2 3 4",
                                    "1 1 nan 1 2 3 4",
                                    "1 1 0.5 1 2 3",
                                    "1 1 0.5 1 2 3 4 5",
                                    "1 1 0.5 1 2 3 x");
  CAPTURE(line);
  const IlsvrcLayout layout;
  const Dataset dataset = ReadIlsvrcDataset(layout.files).dataset;
  layout.Write("submission.txt", "1 1 0.5 1 2 3 4\n" + line);
  CHECK_THROWS_WITH(ReadIlsvrcSubmission(layout.root / "submission.txt", dataset),
                    Catch::Contains("submission.txt:2: expected") && Catch::Contains(line));
}

TEST_CASE("a submission comes back exactly and counts pictures by the image list") {
  const IlsvrcLayout layout;
  const Dataset dataset = ReadIlsvrcDataset(layout.files).dataset;
  const Detection detection{
      .box = {.x0 = 0.3F, .y0 = -1, .x1 = 20.1F, .y1 = 31}, .class_id = ClassAt(1), .score = 0.1F};
  const DetectionSet written{
      .classes = dataset.classes,
      .images = {
          {.id = "sub/second", .width = 20, .height = 30, .detections = {detection, detection}}}};
  const auto path = layout.root / "submission.txt";
  WriteIlsvrcSubmission(written, {"first", "sub/second"}, path);
  CHECK(ReadTextFile(path) == "2 2 0.1 1.3 0 20.1 31\n2 2 0.1 1.3 0 20.1 31\n");
  CHECK(ReadIlsvrcSubmission(path, dataset).images.at(1) == written.images[0]);
  CHECK_THROWS_WITH(WriteIlsvrcSubmission(written, {"first"}, path),
                    Catch::Contains("'sub/second'"));
}
