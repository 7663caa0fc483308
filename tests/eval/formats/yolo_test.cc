#include "eval/formats/yolo.h"

#include <string>
#include <string_view>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

namespace fs = std::filesystem;

struct Folder {
  test::TemporaryDirectory root;

  void Text(const std::string& name, std::string_view text) const {
    WriteFileWhole(root / name, text);
  }
  // A picture of 100 x 50 pixels.
  void Picture(const std::string& name) const {
    WriteFileWhole(root / name, EncodeJpeg(MakeImage(100, 50, 9, 9, 9)));
  }
};

std::size_t Boxes(const ReadLabels& read) {
  std::size_t boxes = 0;
  for (const LabelledImage& image : read.labels.images) boxes += image.labels.size();
  return boxes;
}

constexpr std::string_view kBox = "1 0.5 0.5 0.2 0.4\n";  // 40, 15, 60, 35

}  // namespace

TEST_CASE("classes, boxes and polygons of label files, however their numbers are written") {
  const Folder folder;
  folder.Text("labels/classes.txt",
              "\xEF\xBB\xBF"
              "cat \t\r\nhot dog\r\n\r\n");
  folder.Picture("images/a.jpg");
  folder.Text("labels/a.txt",
              "1.000000000000000000e+00 0.5 0.5 0.2 0.4\r\n"
              "0.0 0.1 0.2 0.3 0.2 0.3 0.6\n"
              "1 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6\n"
              "1.5 0.5 0.5 0.2 0.4\n");
  const ReadLabels read = ReadYolo(folder.root / "labels", {.images = folder.root / "images"});
  REQUIRE(read.labels.images.size() == 1);
  const LabelledImage& image = read.labels.images[0];
  CHECK(image.id == "a");
  CHECK(image.width == 100);
  CHECK(image.path == folder.root / "images/a.jpg");
  REQUIRE(image.labels.size() == 3);
  CHECK(read.labels.classes == ClassTableOf({"cat", "hot dog"}));
  CHECK(image.labels[0].class_id == ClassAt(1));
  CHECK(image.labels[0].box.x0 == Approx(40));
  CHECK(image.labels[0].box.y1 == Approx(35));
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    CHECK(image.labels[i].class_id == ClassAt(i - 1));
    CHECK(image.labels[i].box.x0 == Approx(10));
    CHECK(image.labels[i].box.y0 == Approx(10));
    CHECK(image.labels[i].box.x1 == Approx(30));
    CHECK(image.labels[i].box.y1 == Approx(30));
  }
  REQUIRE(read.warnings.size() == 1);
  CHECK(read.warnings[0].reason == "a class number that is not in classes.txt");
}

TEST_CASE(
    "pictures without a label file are negatives, one that cannot be read costs itself alone") {
  const Folder folder;
  folder.Text("classes.txt", "cat\ndog\n");
  folder.Picture("images/a.jpg");
  folder.Picture("images/sub/empty.JPG");
  folder.Text("images/broken.jpg", "");
  folder.Text("images/._a.jpg", "attributes");
  folder.Text("labels/a.txt", kBox);
  folder.Text("labels/broken.txt", kBox);
  const ReadLabels read = ReadYolo(folder.root.path());
  REQUIRE(read.labels.images.size() == 2);
  CHECK(read.labels.images[1].id == "sub/empty");
  CHECK(read.labels.images[1].labels.empty());
  REQUIRE(read.warnings.size() == 1);
  CHECK_THAT(read.warnings[0].reason,
             Catch::Contains("cannot be read") && Catch::Contains("broken.jpg"));
}

TEST_CASE("data.yaml names the classes as a list or map, and where the sets are") {
  for (const char* names : {"names: [cat, 'hot, dog']",
                            "names:\n  0: cat\n  1: 'hot, dog'",
                            "names:\n- cat\n- \"hot, dog\""}) {
    for (const char* places : {"train: train/images\nval: valid/images",
                               "path: ../elsewhere\ntrain: ../train/images\nval: ../valid/images",
                               "train: [./train/images]\nval: valid/images"}) {
      CAPTURE(names, places);
      const Folder folder;
      folder.Text("data.yaml", std::string(places) + "\nnc: 2\n" + names + "\n");
      folder.Picture("train/images/a.jpg");
      folder.Text("train/labels/a.txt", kBox);
      folder.Picture("valid/images/a.jpg");
      folder.Text("valid/labels/a.txt", std::string(kBox) + std::string(kBox));
      const ReadLabels train = ReadYolo(folder.root.path());
      CHECK(train.labels.classes == ClassTableOf({"cat", "hot, dog"}));
      CHECK(Boxes(train) == 1);
      REQUIRE(train.warnings.size() == 1);
      CHECK_FALSE(train.warnings[0].loses);
      CHECK_THAT(train.warnings[0].reason, Catch::Contains("'train' is taken"));
      CHECK(Boxes(ReadYolo(folder.root / "data.yaml", {.set = "val"})) == 2);
      const ReadLabels both = ReadYolo(folder.root.path(), {.set = "train+valid"});
      REQUIRE(both.labels.images.size() == 2);
      CHECK(both.labels.images[0].id == "train/a");
      CHECK(both.labels.images[1].id == "val/a");
      CHECK_THROWS_WITH(ReadYolo(folder.root.path(), {.set = "test"}),
                        Catch::Contains("train, val"));
    }
  }
}

TEST_CASE("names of classes are found in the files of other programs") {
  for (const char* file :
       {"obj.names", "train/labels/classes.txt", "train/_darknet.labels", "my.names"}) {
    CAPTURE(file);
    const Folder folder;
    folder.Text(file, "cat\ndog\n");
    folder.Picture("train/images/a.jpg");
    folder.Text("train/labels/a.txt", kBox);
    CHECK(ReadYolo(folder.root / "train/labels").labels.classes == ClassTableOf({"cat", "dog"}));
  }
}

TEST_CASE("pictures and label files in one directory, as Darknet has them") {
  const Folder folder;
  folder.Text("data/obj.names", "cat\ndog\n");
  folder.Text("data/train.txt", "data/a.jpg\n");
  folder.Picture("data/a.jpg");
  folder.Picture("data/b.jpg");
  folder.Text("data/a.txt", kBox);
  const ReadLabels read = ReadYolo(folder.root / "data");
  CHECK(read.labels.images.size() == 2);
  CHECK(Boxes(read) == 1);
  CHECK(read.warnings.empty());
}

TEST_CASE("class numbers without names need those of the data set, and say so") {
  const Folder folder;
  folder.Text("labels/a.txt", "1 0.5 0.5 0.2 0.4 0.9\n");
  CHECK_THROWS_WITH(ReadYolo(folder.root / "labels"), Catch::Contains("classes.txt"));
  const ClassTable classes = ClassTableOf({"cat", "dog"});
  const ReadLabels read = ReadYolo(folder.root / "labels",
                                   {.known_classes = &classes, .size_of = [](const std::string&) {
                                      return std::optional(std::pair(100, 50));
                                    }});
  REQUIRE(Boxes(read) == 1);
  CHECK(read.labels.images[0].labels[0].score == 0.9F);
}

TEST_CASE("data.yaml that is none is refused by name") {
  const auto message = [](std::string_view yaml) {
    const Folder folder;
    folder.Text("data.yaml", yaml);
    try {
      ReadYolo(folder.root / "data.yaml");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK_THAT(message("names: [a, a]"), Catch::Contains("data.yaml") && Catch::Contains("twice"));
  CHECK_THAT(message("names:\n  0: a\n  2: b"), Catch::Contains("no 1"));
  CHECK_THAT(message("names: {a: b}"), Catch::Contains("class numbers"));
  CHECK_THAT(message("names: a"), Catch::Contains("list or map"));
  CHECK_THAT(message("train: x"), Catch::Contains("'names'"));
  CHECK_THAT(message("names: [a"), Catch::Contains("expected YAML"));
  CHECK_THAT(message(std::string(100'000, '[')), Catch::Contains("nests deeper"));
}
