#include "eval/formats/voc.h"

#include <string>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

std::string ObjectXml(const std::string& name,
                      const std::string& box,
                      const std::string& more = "") {
  return "<object><name>" + name + "</name>" + more + "<bndbox>" + box + "</bndbox></object>";
}
std::string BoxXml(const std::string& xmin,
                   const std::string& ymin,
                   const std::string& xmax,
                   const std::string& ymax) {
  return "<xmin>" + xmin + "</xmin><ymin>" + ymin + "</ymin><xmax>" + xmax + "</xmax><ymax>" +
         ymax + "</ymax>";
}
std::string FileXml(const std::string& objects) {
  return "<annotation><size><width>100</width><height>50</height><depth>3</depth></size>" +
         objects + "</annotation>";
}

// A data set in VOC layout that is removed with this object.
struct VocLayout {
  test::TemporaryDirectory root;

  void AddAnnotation(const std::string& id, const std::string& objects) const {
    WriteFileWhole(root / ("Annotations/" + id + ".xml"), FileXml(objects));
  }
  void AddList(const std::string& set, const std::string& lines) const {
    WriteFileWhole(root / ("ImageSets/Main/" + set + ".txt"), lines);
  }
  void AddPicture(const std::string& name) const {
    WriteFileWhole(root / ("JPEGImages/" + name), "jpeg");
  }
};

VocFile ReadXml(const std::string& xml, Clipping clipping = Clipping::kToImage) {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "a.xml", xml);
  return ReadVocAnnotation(directory / "a.xml", clipping);
}

}  // namespace

TEST_CASE("an annotation gives half-open boxes, flags and the picture's size") {
  const VocFile file = ReadXml(
      FileXml(ObjectXml(" dog\n",
                        BoxXml("48", " 11 ", "95", "37"),
                        "<truncated>1</truncated><difficult>0</difficult>") +
              ObjectXml("cat", BoxXml("1.5", "1", "2.25", "2"), "<difficult>1</difficult>")));
  CHECK(file.width == 100);
  CHECK(file.height == 50);
  CHECK(file.warnings.empty());
  REQUIRE(file.objects.size() == 2);
  CHECK(file.objects[0].name == "dog");
  CHECK(file.objects[0].box == Box{.x0 = 47, .y0 = 10, .x1 = 95, .y1 = 37});
  CHECK(file.objects[0].truncated);
  CHECK(!file.objects[0].difficult);
  CHECK(file.objects[1].box == Box{.x0 = 0.5F, .y0 = 0, .x1 = 2.25F, .y1 = 2});
  CHECK(file.objects[1].difficult);
  CHECK(!file.objects[1].truncated);
}

TEST_CASE("the parts of a person are no objects and do not replace its box") {
  const VocFile file = ReadXml(FileXml(
      "<object><name>person</name><part><name>head</name><bndbox>" + BoxXml("1", "1", "2", "2") +
      "</bndbox></part><bndbox>" + BoxXml("1", "1", "30", "40") + "</bndbox></object>"));
  REQUIRE(file.objects.size() == 1);
  CHECK(file.objects[0].name == "person");
  CHECK(file.objects[0].box == Box{.x0 = 0, .y0 = 0, .x1 = 30, .y1 = 40});
}

TEST_CASE("boxes are clipped to the annotated size, unless that is not wanted or not known") {
  const std::string object = ObjectXml("dog", BoxXml("0", "1", "120", "51"));
  CHECK(ReadXml(FileXml(object)).objects.at(0).box == Box{.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 50});
  const Box as_written{.x0 = -1, .y0 = 0, .x1 = 120, .y1 = 51};
  CHECK(ReadXml(FileXml(object), Clipping::kNone).objects.at(0).box == as_written);
  const VocFile unsized = ReadXml("<annotation>" + object + "</annotation>");
  CHECK(unsized.objects.at(0).box == as_written);
  CHECK(unsized.width == 0);
}

TEST_CASE("objects that cannot be used are left out with a warning, the others stay") {
  struct Bad {
    std::string object, reason;
  };
  const Bad bad = GENERATE(values<Bad>({
      {ObjectXml("dog", BoxXml("30", "1", "10", "20")), "inverted"},
      {ObjectXml("dog", BoxXml("11", "1", "10", "20")), "empty"},
      {ObjectXml("dog", BoxXml("nan", "1", "10", "20")), "lacks a number"},
      {ObjectXml("dog", BoxXml("1x", "1", "10", "20")), "lacks a number"},
      {ObjectXml("dog", BoxXml("", "1", "10", "20")), "lacks a number"},
      {ObjectXml("dog", BoxXml("101", "1", "110", "20")), "outside"},
      {ObjectXml("", BoxXml("1", "1", "10", "20")), "no name"},
      {"<object><name>dog</name></object>", "lacks a number"},
      {"<object/>", "no name"},
  }));
  CAPTURE(bad.object);
  const VocFile file = ReadXml(FileXml(bad.object + ObjectXml("cat", BoxXml("1", "1", "2", "2"))));
  REQUIRE(file.objects.size() == 1);
  CHECK(file.objects[0].name == "cat");
  REQUIRE(file.warnings.size() == 1);
  CHECK_THAT(file.warnings[0].reason, Catch::Contains(bad.reason));
  CHECK_THAT(file.warnings[0].where, Catch::EndsWith("a.xml"));
}

TEST_CASE("a file that is not an annotation is an error that names it") {
  CHECK_THROWS_WITH(ReadXml("<annotation><object></annotation>"),
                    Catch::Contains("a.xml: expected well-formed XML"));
  CHECK_THROWS_WITH(ReadXml(""), Catch::Contains("a.xml"));
  CHECK_THROWS_WITH(ReadXml("<html/>"), Catch::Contains("found <html>"));
  CHECK_THROWS_AS(ReadVocAnnotation("/nowhere/a.xml"), Error);
  std::string nested;
  for (int i = 0; i < 300000; ++i) nested += "<annotation>";
  CHECK_THROWS_AS(ReadXml(nested), Error);
}

TEST_CASE("VOC has 20 classes in alphabetical order") {
  CHECK(VocClasses().Size() == 20);
  CHECK(VocClasses().Name(ClassAt(0)) == "aeroplane");
  CHECK(VocClasses().Name(ClassAt(19)) == "tvmonitor");
  for (std::size_t i = 1; i < 20; ++i) {
    CHECK(VocClasses().Name(ClassAt(i - 1)) < VocClasses().Name(ClassAt(i)));
  }
}

TEST_CASE("a data set joins its lists in order and collects the classes sorted") {
  const VocLayout layout;
  layout.AddList("train", "b\n\na  1\n");
  layout.AddList("dog_extra", "c -1\r\n");
  layout.AddAnnotation("a", ObjectXml("dog", BoxXml("1", "1", "2", "2")));
  layout.AddAnnotation("b", ObjectXml("ant", BoxXml("1", "1", "3", "3")));
  layout.AddAnnotation("c", "");
  layout.AddPicture("a.jpg");
  layout.AddPicture("b.png");
  const ReadDataset read = ReadVocDataset(layout.root.path(), "train+dog_extra");
  CHECK(read.dataset.classes == ClassTableOf({"ant", "dog"}));
  REQUIRE(read.dataset.images.size() == 3);
  CHECK(read.dataset.images[0].id == "b");
  CHECK(read.dataset.images[0].image_path == layout.root / "JPEGImages/b.png");
  CHECK(read.dataset.images[0].annotations.at(0).class_id == ClassAt(0));
  CHECK(read.dataset.images[0].width == 100);
  CHECK(read.dataset.images[1].id == "a");
  CHECK(read.dataset.images[1].annotations.at(0).class_id == ClassAt(1));
  CHECK(read.dataset.images[2].annotations.empty());
  CHECK(read.dataset.images[2].image_path.empty());
  REQUIRE(read.warnings.size() == 1);
  CHECK_THAT(read.warnings[0].where, Catch::EndsWith("c.xml"));
  CHECK_THAT(read.dataset.name, Catch::EndsWith("train+dog_extra"));
}

TEST_CASE("a data set of annotations alone has no picture paths and no warnings for it") {
  const VocLayout layout;
  layout.AddList("test", "a\n");
  layout.AddAnnotation("a", "");
  const ReadDataset read = ReadVocDataset(layout.root.path(), "test");
  CHECK(read.dataset.images.at(0).image_path.empty());
  CHECK(read.warnings.empty());
}

TEST_CASE(
    "objects of classes that were not asked for are errors, or warnings where that is allowed") {
  const VocLayout layout;
  layout.AddList("test", "a\n");
  layout.AddAnnotation(
      "a",
      ObjectXml("dogg", BoxXml("1", "1", "2", "2")) + ObjectXml("cat", BoxXml("1", "1", "2", "2")));
  const ClassTable pets = ClassTableOf({"cat", "dog"});
  CHECK_THROWS_WITH(ReadVocDataset(layout.root.path(), "test", {.classes = pets}),
                    Catch::Contains("a.xml") && Catch::Contains("did you mean 'dog'"));
  const ReadDataset read =
      ReadVocDataset(layout.root.path(), "test", {.classes = pets, .allow_unknown_classes = true});
  CHECK(read.dataset.classes == pets);
  CHECK(read.dataset.images.at(0).annotations.size() == 1);
  CHECK(read.warnings.size() == 1);
}

TEST_CASE("the folder of a set needs no list") {
  const test::TemporaryDirectory root;
  for (const char* name : {"train/a.xml", "valid/b.xml"})
    WriteFileWhole(root / name, FileXml(ObjectXml("dog", BoxXml("1", "1", "2", "2"))));
  for (const char* set : {"train", "val"}) {
    CAPTURE(set);
    const ReadDataset read = ReadVocDataset(root.path(), set);
    CHECK(read.dataset.images.size() == 1);
    CHECK(read.warnings.empty());
  }
}

TEST_CASE("what is missing from a data set is an error that names it") {
  const VocLayout layout;
  CHECK_THROWS_WITH(ReadVocDataset(layout.root / "nowhere", "test"), Catch::Contains("nowhere"));
  CHECK_THROWS_WITH(ReadVocDataset(layout.root.path(), "test"), Catch::Contains("Annotations"));
  layout.AddAnnotation("a", "");
  CHECK(ReadVocDataset(layout.root.path(), "test").warnings.at(0).reason ==
        "has no list of set 'test': all pictures are taken");
  layout.AddList("test", "b\nc\n");
  CHECK_THROWS_WITH(ReadVocDataset(layout.root.path(), "test"), Catch::Contains("b.xml"));
  CHECK_THROWS_WITH(ReadVocDataset(layout.root.path(), "train"),
                    Catch::Contains("no set 'train', expected one of test"));
  CHECK_THROWS_WITH(ReadVocDataset(layout.root.path(), "test+"), Catch::Contains("no set ''"));
  layout.AddList("test", "a\na\n");
  CHECK_THROWS_WITH(ReadVocDataset(layout.root.path(), "test"), Catch::Contains("test.txt:2"));
}

TEST_CASE("a malformed annotation costs its own picture and is told") {
  const VocLayout layout;
  layout.AddList("test", "a\nb\nc\n");
  const std::string cat = ObjectXml("cat", BoxXml("1", "1", "2", "2"));
  layout.AddAnnotation("a", cat);
  layout.AddAnnotation("b", "<object>");
  layout.AddAnnotation("c", cat);
  const ReadDataset read = ReadVocDataset(layout.root.path(), "test");
  REQUIRE(read.dataset.images.size() == 2);
  CHECK(read.dataset.images[1].id == "c");
  CHECK(read.unreadable_images == std::vector<std::string>{"b"});
  REQUIRE(read.warnings.size() == 1);
  CHECK(read.warnings[0].reason == "its picture left out: no well-formed annotation");
}

TEST_CASE("an entity bomb stays as small as it is written") {
  std::string bomb = "<!DOCTYPE annotation [<!ENTITY a0 \"aaaaaaaaaa\">";
  for (int i = 1; i < 10; ++i) {
    bomb.append("<!ENTITY a").append(std::to_string(i)).append(" \"");
    for (int n = 0; n < 10; ++n) bomb.append("&a").append(std::to_string(i - 1)).append(";");
    bomb += "\">";
  }
  const VocFile file = ReadXml(bomb + "]><annotation>" +
                               ObjectXml("&a9;", BoxXml("1", "1", "2", "2")) + "</annotation>");
  CHECK(file.objects.at(0).name == "&a9;");
}

TEST_CASE("Windows line ends, Latin-1 and UTF-16 annotations are read, other bytes are told") {
  const std::string object = ObjectXml("caf\xE9", BoxXml("1", "1", "2", "2"));
  const auto name_of = [](const std::string& xml) { return ReadXml(xml).objects.at(0).name; };
  CHECK(name_of("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n<annotation>\r\n" + object +
                "\r\n</annotation>") == "caf\xC3\xA9");
  std::string wide = "\xFF\xFE";
  for (const char c : "<annotation>" + object + "</annotation>") {
    wide += c;
    wide += '\0';
  }
  CHECK(name_of(wide) == "caf\xC3\xA9");
  const VocFile broken = ReadXml(FileXml(object));
  CHECK(broken.objects.empty());
  CHECK(broken.warnings.at(0).reason == "object left out: its name is not UTF-8");
}
