#include "eval/formats/layout.h"

#include <string>
#include <string_view>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/formats/cvat.h"
#include "eval/formats/voc.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

namespace fs = std::filesystem;

struct Place {
  test::TemporaryDirectory root;

  Place(std::initializer_list<std::pair<const char*, const char*>> files) {
    for (const auto& [name, text] : files) WriteFileWhole(root / name, std::string_view(text));
  }
  std::string Kind(const std::string& name = "", const std::string& set = "") const {
    return GuessDataLayout(name.empty() ? root.path() : root / name, set).kind;
  }
};

constexpr const char* kXml =
    "<annotation><size><width>9</width><height>9</height></size><object><name>cat</"
    "name><bndbox><xmin>1</xmin>"
    "<ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>";
constexpr const char* kCoco = R"({"images": [], "categories": [], "annotations": []})";

}  // namespace

TEST_CASE("a directory's layout is found out by what is in it") {
  CHECK(Place({{"Annotations/a.xml", kXml}, {"ImageSets/Main/train.txt", "a"}}).Kind() == "voc");
  CHECK(Place({{"a.xml", kXml}, {"a.jpg", ""}}).Kind() == "voc");
  CHECK(Place({{"train/a.xml", kXml}, {"train/a.jpg", ""}}).Kind() == "voc");
  CHECK(Place({{"data.yaml", "names: [cat]"}, {"train/labels/a.txt", ""}}).Kind() == "yolo");
  CHECK(Place({{"labels/a.txt", ""}, {"images/a.jpg", ""}}).Kind() == "yolo");
  CHECK(Place({{"a.txt", "0 .5 .5 .1 .1"}, {"a.jpg", ""}}).Kind() == "yolo");
  CHECK(Place({{"obj.names", "cat"}, {"a.txt", ""}}).Kind() == "yolo");
  CHECK(Place({{"result.json", kCoco}, {"images/a.jpg", ""}}).Kind() == "coco");
  CHECK(Place({{"annotations.xml", "<annotations><image/></annotations>"}}).Kind() == "cvat");
  CHECK(Place({{"export.json", R"([{"data": {"image": "a.jpg"}}])"}}).Kind() == "labelstudio");
  CHECK(Place({{"t.jsonl", "{}"}, {"a.jpg", ""}}).Kind() == "jsonl");
  CHECK(Place({{"_annotations.csv", "filename,class"}, {"a.jpg", ""}}).Kind() == "csv");
}

TEST_CASE("a file's kind is found out by its content, also in UTF-16") {
  const Place place({{"coco.json", kCoco},
                     {"min.json", R"([{"image": "a.jpg", "id": 1, "annotator": 1}])"},
                     {"lines.json", "{\"image\": \"a\", \"annotations\": []}\n"},
                     {"wide.json", ""},
                     {"a.csv", "image"},
                     {"data.yml", "names: [a]"},
                     {"cvat.xml", "<?xml version='1.0'?><annotations/>"},
                     {"a.pdf", "%PDF-1.4"}});
  std::string wide = "\xFF\xFE";
  for (const char c : std::string_view(kCoco)) wide += std::string{c, '\0'};
  WriteFileWhole(place.root / "wide.json", wide);
  CHECK(place.Kind("coco.json") == "coco");
  CHECK(place.Kind("wide.json") == "coco");
  CHECK(place.Kind("min.json") == "labelstudio");
  CHECK(place.Kind("lines.json") == "jsonl");
  CHECK(place.Kind("a.csv") == "csv");
  CHECK(place.Kind("data.yml") == "yolo");
  CHECK(place.Kind("cvat.xml") == "cvat");
  CHECK_THROWS_WITH(place.Kind("a.pdf"), Catch::Contains("a PDF document"));
  CHECK_THROWS_WITH(place.Kind("none"), Catch::Contains("no such file"));
}

TEST_CASE("of the files of several sets the named one is taken, else that of training") {
  const Place roboflow(
      {{"train/_annotations.coco.json", kCoco}, {"valid/_annotations.coco.json", kCoco}});
  CHECK(GuessDataLayout(roboflow.root.path(), "").path ==
        roboflow.root / "train/_annotations.coco.json");
  CHECK(GuessDataLayout(roboflow.root.path(), "valid").path ==
        roboflow.root / "valid/_annotations.coco.json");
  CHECK_THROWS_WITH(GuessDataLayout(roboflow.root.path(), "other"),
                    Catch::Contains("no COCO file of set 'other'"));
  const Place official({{"annotations/instances_train2017.json", kCoco},
                        {"annotations/instances_val2017.json", kCoco}});
  CHECK(GuessDataLayout(official.root.path(), "val").path ==
        official.root / "annotations/instances_val2017.json");
  const Place two({{"a.json", kCoco}, {"b.json", kCoco}});
  CHECK_THROWS_WITH(two.Kind(), Catch::Contains("several COCO files") && Catch::Contains("a.json"));
  CHECK_THROWS_WITH(Place({{"a.jpg", ""}}).Kind(),
                    Catch::Contains("found 1 pictures and no annotations"));
}

TEST_CASE("the pictures of a file are looked for where programs put them") {
  const auto guess =
      [](const Place& place, const std::string& file, const std::string& picture) -> std::string {
    LabelledSet labels;
    labels.images.resize(1);
    labels.images[0].id = "a";
    labels.images[0].file_name = picture;
    const auto found = GuessImageDirectory(place.root / file, labels);
    return found ? found->lexically_normal().lexically_relative(place.root.path()).string()
                 : "none";
  };
  CHECK(guess(Place({{"coco.json", ""}, {"a.jpg", ""}}), "coco.json", "a.jpg") == ".");
  CHECK(guess(Place({{"coco.json", ""}, {"images/a.jpg", ""}}), "coco.json", "a.jpg") == "images");
  CHECK(guess(Place({{"annotations/instances_val2017.json", ""}, {"val2017/a.jpg", ""}}),
              "annotations/instances_val2017.json",
              "a.jpg") == "val2017");
  CHECK(guess(Place({{"coco.json", ""}, {"images/a.jpg", ""}}), "coco.json", "/home/me/a.jpg") ==
        "images");
  CHECK(guess(Place({{"coco.json", ""}, {"b.jpg", ""}}), "coco.json", "a.jpg") == "none");
}

TEST_CASE("VOC annotations beside their pictures, with negatives, in folders of sets") {
  const Place flat({{"a.xml", kXml}, {"a.JPG", ""}, {"b.jpg", ""}, {"._c.jpg", ""}});
  const ReadDataset read = ReadVocDataset(flat.root.path(), "");
  REQUIRE(read.dataset.images.size() == 2);
  CHECK(read.dataset.images[0].image_path == flat.root / "a.JPG");
  CHECK(read.dataset.images[0].annotations.size() == 1);
  CHECK(read.dataset.images[1].id == "b");
  CHECK(read.dataset.images[1].annotations.empty());

  const Place sets(
      {{"train/a.xml", kXml}, {"train/a.jpg", ""}, {"valid/b.xml", kXml}, {"valid/c.xml", kXml}});
  CHECK(ReadVocDataset(sets.root.path(), "").dataset.images.at(0).id == "a");
  CHECK(ReadVocDataset(sets.root.path(), "valid").dataset.images.size() == 2);
  CHECK(ReadVocDataset(sets.root.path(), "val").dataset.images.size() == 2);

  const Place lists({{"Annotations/a.xml", kXml},
                     {"ImageSets/Main/train.txt", "a"},
                     {"ImageSets/Main/cat_train.txt", "a 1"}});
  CHECK(ReadVocDataset(lists.root.path(), "").dataset.images.size() == 1);
  WriteFileWhole(lists.root / "ImageSets/Main/test.txt", std::string_view("a"));
  CHECK_THROWS_WITH(ReadVocDataset(lists.root.path(), ""),
                    Catch::Contains("--set with one of test, train"));
}

TEST_CASE("lines of VOC's lists name what is there") {
  const Place place({{"Annotations/IMG 1.xml", kXml},
                     {"Annotations/IMG 2.xml", kXml},
                     {"Annotations/c.xml", kXml},
                     {"Annotations/7.xml", kXml},
                     {"JPEGImages/IMG 1.jpg", ""},
                     {"JPEGImages/n.png", ""}});
  const auto ids = [&](const std::string& lines) {
    WriteFileWhole(place.root / "ImageSets/Main/t.txt", std::string_view(lines));
    std::vector<std::string> found;
    for (const AnnotatedImage& image : ReadVocDataset(place.root.path(), "t").dataset.images)
      found.push_back(image.id);
    return found;
  };
  using Ids = std::vector<std::string>;
  CHECK(ids("IMG 1\nIMG 2\n") == Ids{"IMG 1", "IMG 2"});
  CHECK(ids("\"IMG 1\"\r\nc.jpg\nJPEGImages/n.png\n") == Ids{"IMG 1", "c", "n"});
  CHECK(ids("IMG 1 1\nc -1\n7  0\n") == Ids{"IMG 1", "c", "7"});
  CHECK(ids("C:\\voc\\Annotations\\c.xml\n") == Ids{"c"});
  CHECK(ids("c extra fields\n") == Ids{"c"});
  CHECK(ids("c\nmissing\n") == Ids{"c"});
  CHECK_THROWS_WITH(ids("c\nc.jpg\n"), Catch::Contains("t.txt:2"));
}

TEST_CASE("CVAT's boxes come with their pictures' names and sizes") {
  const Place place({{"a.xml", R"(<annotations><version>1.1</version>
    <image id="0" name="sub/a.jpg" width="100" height="50">
      <box label=" cat " xtl="1.5" ytl="2" xbr="30" ybr="40" occluded="0"><attribute name="difficult">true</attribute></box>
      <box label="cat" xtl="1" ytl="2" xbr="30" ybr="40" rotation="10"/>
      <polygon label="cat" points="1,2;3,4;5,6"/>
    </image><image id="1" name="b.jpg" width="100" height="50"/></annotations>)"},
                     {"track.xml", "<annotations><track/></annotations>"},
                     {"voc.xml", kXml}});
  const ReadLabels read = ReadCvat(place.root / "a.xml");
  REQUIRE(read.labels.images.size() == 2);
  CHECK(read.labels.images[0].id == "sub/a");
  CHECK(read.labels.images[0].file_name == "sub/a.jpg");
  REQUIRE(read.labels.images[0].labels.size() == 1);
  CHECK(read.labels.images[0].labels[0].box == Box{.x0 = 1.5F, .y0 = 2, .x1 = 30, .y1 = 40});
  CHECK(read.labels.images[0].labels[0].difficult);
  CHECK(read.warnings.size() == 2);
  CHECK_THROWS_WITH(ReadCvat(place.root / "track.xml"), Catch::Contains("tracks of a video"));
  CHECK_THROWS_WITH(ReadCvat(place.root / "voc.xml"), Catch::Contains("<annotation>"));
}
