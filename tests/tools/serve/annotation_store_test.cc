#include "tools/serve/annotation_store.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files/file.h"
#include "core/image.h"
#include "eval/drawing/draw.h"
#include "eval/formats/voc.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tools/serve/convert_records.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

std::string PictureOfSize(int width, int height) {
  const std::vector<std::uint8_t> bytes = EncodeJpeg(MakeImage(width, height, 10, 20, 30));
  return {bytes.begin(), bytes.end()};
}

struct Kept {
  test::TemporaryDirectory directory;
  AnnotationStore store{directory / "mine"};

  Json ObjectsOf(const std::string& id) const {
    return Json::parse(store.Load(id).value())["objects"];
  }
};

const std::string kTwo =
    R"({"width":40,"height":30,"objects":[{"class":"cat & <dog>","box":[0.5,1,20,30],"difficult":true},)"
    R"({"class":"\u00e9l\u00e9phant","box":[3,4,40,6.25],"truncated":true}]})";

TEST_CASE("what is saved of a picture loads again the same") {
  const Kept kept;
  CHECK_FALSE(kept.store.Load("a/cat 1"));
  CHECK(kept.store.All() == LabelledSet());
  const std::string picture = PictureOfSize(40, 30);
  kept.store.Save("a/cat 1", kTwo, picture, "cat 1.jpeg");
  CHECK(kept.ObjectsOf("a/cat 1") == Json::parse(kTwo)["objects"]);
  const Json loaded = Json::parse(kept.store.Load("a/cat 1").value());
  CHECK(loaded["width"] == 40);
  CHECK(loaded["picture_bytes"] == picture.size());
  CHECK(ReadTextFile(kept.directory / "mine/JPEGImages/a/cat 1.jpeg") == picture);
}

TEST_CASE("a later save replaces the objects and needs no picture") {
  const Kept kept;
  kept.store.Save("cat", kTwo, PictureOfSize(40, 30), "cat.jpg");
  kept.store.Save("cat", R"({"width":40,"height":30,"objects":[]})", "", "");
  CHECK(kept.ObjectsOf("cat").empty());
}

TEST_CASE("what was saved is a data set that trainings read") {
  const Kept kept;
  kept.store.Save("b", kTwo, PictureOfSize(40, 30), "b.png");
  kept.store.Save("a",
                  R"({"width":9,"height":8,"objects":[{"class":"x","box":[0,0,9,8]}]})",
                  PictureOfSize(9, 8),
                  "");
  const Dataset data = ReadVocDataset(kept.directory / "mine", "").dataset;
  REQUIRE(data.images.size() == 2);
  CHECK(data.images[0].id == "a");
  CHECK(data.images[0].annotations[0].box == Box{.x0 = 0, .y0 = 0, .x1 = 9, .y1 = 8});
  CHECK(data.images[1].image_path == kept.directory / "mine/JPEGImages/b.png");
  CHECK(data.images[1].annotations.size() == 2);
  CHECK(data.classes.Size() == 3);
  const Json coco = Json::parse(FileOfLabels(kept.store.All(), "coco").body);
  CHECK(coco["images"][1]["file_name"] == "b.png");
  CHECK(coco["annotations"].size() == 3);
}

TEST_CASE("another picture of the same name is refused, and the first stays") {
  const Kept kept;
  const std::string picture = PictureOfSize(40, 30);
  kept.store.Save("cat", kTwo, picture, "cat.jpg");
  CHECK_THROWS_WITH(kept.store.Save("cat", kTwo, PictureOfSize(40, 31), "cat.jpg"),
                    Contains("another picture called 'cat'"));
  CHECK(ReadTextFile(kept.directory / "mine/JPEGImages/cat.jpg") == picture);
}

TEST_CASE("annotations without their picture are refused") {
  const Kept kept;
  CHECK_THROWS_WITH(kept.store.Save("cat", kTwo, "", ""), Contains("expected its picture"));
  CHECK_THROWS_WITH(kept.store.Save("cat", kTwo, "hello", "cat.jpg"), Contains("of no known kind"));
  CHECK_FALSE(kept.store.Load("cat"));
}

TEST_CASE("no name leads out of the directory or hides a file") {
  const Kept kept;
  for (const char* id : {"", "../a", "a/../../b", "/etc/x", ".a", "a/.b", "a\nb", "\xff"}) {
    CAPTURE(id);
    CHECK_THROWS_AS(kept.store.Load(id), Error);
    CHECK_THROWS_AS(kept.store.Save(id, kTwo, PictureOfSize(40, 30), "a.jpg"), Error);
  }
  CHECK_FALSE(fs::exists(kept.directory / "mine"));
}

TEST_CASE("JSON that is no annotation is an error that names the picture") {
  const Kept kept;
  const std::string picture = PictureOfSize(40, 30);
  const auto objects = [](const std::string& text) {
    return R"({"width":40,"height":30,"objects":[)" + text + "]}";
  };
  for (const std::string& json : {std::string("{"),
                                  std::string("[]"),
                                  std::string(R"({"width":40,"objects":[]})"),
                                  std::string(R"({"width":0,"height":30,"objects":[]})"),
                                  std::string(R"({"width":40,"height":30,"objects":{}})"),
                                  objects(R"({"class":"a"})"),
                                  objects(R"({"class":"a","box":[1,2,3]})"),
                                  objects(R"({"class":"a","box":[1,2,3,"4"]})"),
                                  objects(R"({"class":"a","box":[1,2,1,4]})"),
                                  objects(R"({"class":"a","box":[-1,2,3,4]})"),
                                  objects(R"({"class":"a","box":[1,2,41,4]})"),
                                  objects(R"({"class":"","box":[1,2,3,4]})"),
                                  objects(R"({"class":" a","box":[1,2,3,4]})"),
                                  objects(R"({"class":"a\u0000b","box":[1,2,3,4]})")}) {
    CAPTURE(json);
    CHECK_THROWS_WITH(kept.store.Save("cat", json, picture, "cat.jpg"),
                      Contains("annotations of 'cat'"));
  }
}

TEST_CASE("an annotation that cannot be read is an error without the directory's path") {
  const Kept kept;
  WriteFileWhole(kept.directory / "mine/Annotations/cat.xml", std::string_view("<annotation"));
  try {
    kept.store.Load("cat");
    FAIL("expected an error");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Contains("cat.xml"));
    CHECK_THAT(error.what(), !Contains(kept.directory.path().string()));
  }
}

}  // namespace
}  // namespace deeper::tools
