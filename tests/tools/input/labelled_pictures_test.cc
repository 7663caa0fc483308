#include "tools/input/labelled_pictures.h"

#include <filesystem>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

const ClassTable kNetwork = {.classes = {{"tench, Tinca tinca", "n01440764"},
                                         {"great white shark, white shark", "n01484850"},
                                         {"crane", "n02012849"},
                                         {"crane", "n03126707"},
                                         {"maillot", "n03710637"},
                                         {"maillot, tank suit", "n03710721"},
                                         {"sun, crane arm", "n00000001"},
                                         {"moon, crane arm", "n00000002"}}};

std::optional<std::size_t> Find(const std::string& name, const std::string& wordnet_id = "") {
  const auto id = NetworkClassOf(kNetwork, {.name = name, .wordnet_id = wordnet_id});
  return id ? std::optional(IndexOf(*id)) : std::nullopt;
}

void WritePicture(const fs::path& path) {
  WriteFileWhole(path, EncodeJpeg(MakeImage(40, 30, 1, 2, 3)));
}

DataSource Source(const std::string& data) {
  DataSource source;
  source.data = data;
  return source;
}

TEST_CASE("a class is found by its WordNet id, label or synonym, whatever the case") {
  CHECK(Find("n01440764") == 0);
  CHECK(Find("n03126707_crane") == 3);
  CHECK(Find("a bird", "n02012849") == 2);
  CHECK(Find("tench, Tinca tinca") == 0);
  CHECK(Find("tinca_TINCA") == 0);
  CHECK(Find("White shark") == 1);
  CHECK(Find("maillot") == 4);  // all of a label goes before a synonym
  CHECK(Find("tank suit") == 5);
  CHECK_FALSE(Find("shark"));
  CHECK_FALSE(Find("n99999999"));
}

TEST_CASE("a synonym of two classes is refused with both") {
  CHECK_THROWS_WITH(Find("crane arm"),
                    Catch::Contains("sun, crane arm") && Catch::Contains("moon, crane arm"));
}

TEST_CASE("class folders give each picture the label of its folder and no box") {
  const test::TemporaryDirectory directory;
  WritePicture(directory / "n01484850/1.jpg");
  WritePicture(directory / "tench/2.jpg");
  const LabelledPictures read =
      ReadLabelledPictures(Source(directory.path().string()), kNetwork, false);
  REQUIRE(read.pictures.size() == 2);
  CHECK(read.pictures[0].labels == std::vector<std::size_t>{1});
  CHECK(read.pictures[1].labels == std::vector<std::size_t>{0});
  CHECK(read.pictures[0].boxes.empty());
}

TEST_CASE("an unknown folder is refused with the nearest class, or left out where allowed") {
  const test::TemporaryDirectory directory;
  WritePicture(directory / "tensh/1.jpg");
  WritePicture(directory / "crane, no/2.jpg");
  WritePicture(directory / "tench/3.jpg");
  const DataSource source = Source(directory.path().string());
  fs::remove_all(directory / "crane, no");
  CHECK_THROWS_WITH(ReadLabelledPictures(source, kNetwork, false),
                    Catch::Contains("'tensh'") && Catch::Contains("did you mean 'tench'?"));
  const LabelledPictures read = ReadLabelledPictures(source, kNetwork, true);
  CHECK(read.pictures.size() == 1);
  CHECK(read.left_out == 1);
}

TEST_CASE("a list in Caffe's form counts outputs from 0 and finds its pictures") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "val.txt", "a b.JPEG 7\nsub/c.JPEG 0\n");
  const LabelledPictures read = ReadLabelledPictures(
      Source("list:" + (directory / "val.txt").string() + ",/pictures"), kNetwork, false);
  REQUIRE(read.pictures.size() == 2);
  CHECK(read.pictures[0].picture.path == "/pictures/a b.JPEG");
  CHECK(read.pictures[0].labels == std::vector<std::size_t>{7});
  CHECK(read.pictures[1].picture.path == "/pictures/sub/c.JPEG");
}

TEST_CASE("a list with a class beyond the network's or none is refused with its line") {
  const test::TemporaryDirectory directory;
  const DataSource source = Source("list:" + (directory / "val.txt").string());
  for (const char* line : {"a.JPEG 8", "a.JPEG -1", "a.JPEG", "a.JPEG one"}) {
    CAPTURE(line);
    WriteFileWhole(directory / "val.txt", std::string("good.JPEG 1\n") + line + "\n");
    CHECK_THROWS_WITH(ReadLabelledPictures(source, kNetwork, false),
                      Catch::Contains("val.txt:2:") && Catch::Contains("0 to 7"));
  }
}

TEST_CASE("ILSVRC's annotations give labels and boxes, and the pictures' directory their files") {
  const test::TemporaryDirectory directory;
  const auto object = [](const char* name) {
    return std::string("<object><name>") + name +
           "</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>20</xmax><ymax>30</ymax></bndbox>"
           "</object>";
  };
  WriteFileWhole(directory / "xml/v1.xml",
                 "<annotation>" + object("n01440764") + object("n01484850") + "</annotation>");
  WriteFileWhole(directory / "list.txt", "v1 1\n");
  WriteFileWhole(directory / "classes.txt", "n01484850 1 great_white_shark\nn01440764 2 tench\n");
  DataSource source = Source("ilsvrc:" + (directory / "xml").string() + ",/val");
  source.image_list = (directory / "list.txt").string();
  source.class_list = (directory / "classes.txt").string();
  const LabelledPictures read = ReadLabelledPictures(source, kNetwork, false);
  REQUIRE(read.pictures.size() == 1);
  CHECK(read.pictures[0].labels == std::vector<std::size_t>{0, 1});
  CHECK(read.pictures[0].picture.path == "/val/v1.JPEG");
  REQUIRE(read.pictures[0].boxes.size() == 2);
  CHECK(read.pictures[0].boxes[0] == Box{.x0 = 0, .y0 = 1, .x1 = 20, .y1 = 30});
}

}  // namespace
}  // namespace deeper::tools
