#include "tools/serve/picture_list.h"

#include <nlohmann/json.hpp>

#include "core/files/file.h"
#include "core/image.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

void WritePicture(const std::filesystem::path& path, int side) {
  WriteFileWhole(path, EncodeJpeg(MakeImage(side, side, 1, 2, 3)));
}

TEST_CASE("of a directory its pictures are listed by number, and read by it alone") {
  const test::TemporaryDirectory directory;
  WritePicture(directory / "p/b.jpg", 8);
  WritePicture(directory / "p/a/c.jpg", 9);
  WriteFileWhole(directory / "secret.txt", std::string_view("secret"));
  const PictureList list({(directory / "p").string()}, "");
  const auto json = nlohmann::json::parse(list.Json());
  REQUIRE(json["pictures"].size() == 2);
  CHECK(json["pictures"][0]["id"] == "a/c");
  CHECK(json["pictures"][0]["file"] == "a/c.jpg");
  CHECK(json["pictures"][0]["has_record"] == false);
  CHECK(list.Json().find(directory.path().string()) == std::string::npos);
  CHECK(list.Bytes(1)->content == ReadTextFile(directory / "p/b.jpg"));
  CHECK(list.Bytes(1)->type == "image/jpeg");
  CHECK_FALSE(list.Bytes(2));
  CHECK_FALSE(list.Record(0));
}

TEST_CASE("of results the records are listed, with drawings where no pictures are named") {
  const test::TemporaryDirectory directory;
  const std::string record =
      R"({"image":"a","width":8,"height":8,"detections":[{"class":"cat","score":0.5,"box":[1,2,3,4]}]})";
  WriteFileWhole(directory / "found/detections.jsonl",
                 std::string_view(record + "\n" + R"({"image":"gone","detections":[]})" + "\n"));
  WritePicture(directory / "found/drawings/a.jpg", 8);
  WritePicture(directory / "pictures/a.jpg", 9);
  const std::string found = (directory / "found").string();
  const PictureList drawn({found}, "");
  REQUIRE(drawn.size() == 2);
  CHECK(nlohmann::json::parse(*drawn.Record(0)) == nlohmann::json::parse(record));
  CHECK(drawn.Bytes(0)->content == ReadTextFile(directory / "found/drawings/a.jpg"));
  CHECK_FALSE(drawn.Bytes(1));
  CHECK(nlohmann::json::parse(drawn.Json())["colours"].contains("cat"));
  const PictureList whole({found}, (directory / "pictures").string());
  CHECK(whole.Bytes(0)->content == ReadTextFile(directory / "pictures/a.jpg"));
}

TEST_CASE("a data set's pictures are listed where no others are, and known among others") {
  const test::TemporaryDirectory directory;
  WritePicture(directory / "data/a.jpg", 8);
  WritePicture(directory / "data/b.jpg", 9);
  const Dataset dataset = {.name = "data",
                           .classes = ClassTableOf({"cat", "dog"}),
                           .images = {{.id = "b", .image_path = directory / "data/b.jpg"},
                                      {.id = "a", .image_path = directory / "data/a.jpg"}},
                           .blacklist = {}};
  const PictureList alone({}, "", &dataset);
  REQUIRE(alone.size() == 2);
  CHECK(alone.Bytes(0)->content == ReadTextFile(directory / "data/b.jpg"));
  CHECK(alone.PlaceInDataset(1) == 1);
  const auto json = nlohmann::json::parse(alone.Json());
  CHECK(json["pictures"][0]["file"] == "b.jpg");
  CHECK(json["pictures"][0]["has_truth"] == true);
  CHECK(json["colours"].size() == 2);

  WriteFileWhole(directory / "found/detections.jsonl",
                 std::string_view(R"({"image":"other","detections":[]})"
                                  "\n"
                                  R"({"image":"a","detections":[]})"
                                  "\n"));
  WritePicture(directory / "found/drawings/a.jpg", 7);
  const PictureList results({(directory / "found").string()}, "", &dataset);
  REQUIRE(results.size() == 2);
  CHECK_FALSE(results.PlaceInDataset(0));
  CHECK(results.PlaceInDataset(1) == 1);
  CHECK_FALSE(results.PlaceInDataset(2));
  CHECK(results.Bytes(1)->content == ReadTextFile(directory / "data/a.jpg"));
}

TEST_CASE("a picture that has gone is an error without its path") {
  const test::TemporaryDirectory directory;
  WritePicture(directory / "p/b.jpg", 8);
  const PictureList list({(directory / "p").string()}, "");
  std::filesystem::remove(directory / "p/b.jpg");
  CHECK_THROWS_WITH(list.Bytes(0), "b: its file cannot be read");
}

}  // namespace
}  // namespace deeper::tools
