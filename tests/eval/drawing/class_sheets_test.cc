#include "eval/drawing/class_sheets.h"

#include "core/files/file.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

TEST_CASE("each class has a sheet of its objects, drawn evenly from all data sets") {
  const test::TemporaryDirectory directory;
  const auto write = [&](const std::string& name, const Image& image) {
    WriteFileWhole(directory / name, EncodeJpeg(image, 95));
    return directory / name;
  };
  const Annotation cat{.box = {.x0 = 40, .y0 = 40, .x1 = 60, .y1 = 60}, .class_id = ClassAt(0)};
  Dataset first{.name = "", .classes = ClassTableOf({"cat", "dog"}), .images = {}, .blacklist = {}};
  first.images.push_back({.id = "a",
                          .image_path = write("a.jpg", MakeImage(100, 100, 0, 0, 200)),
                          .annotations = {cat, cat}});
  first.images.push_back(
      {.id = "gone", .image_path = directory / "gone.jpg", .annotations = {cat}});
  Dataset second{.name = "", .classes = ClassTableOf({"cat"}), .images = {}, .blacklist = {}};
  second.images.push_back({.id = "b",
                           .image_path = write("b.jpg", MakeImage(100, 100, 200, 0, 0)),
                           .annotations = {cat}});
  const std::vector<const Dataset*> both = {&first, &second};
  const auto sheets = DrawClassSheets(
      both, {"cat", "dog"}, {.layout = {.columns = 4, .tile_px = 50}, .most_tiles = 4});
  REQUIRE(sheets.size() == 2);
  CHECK(sheets[1].empty());  // no dog is there
  WriteFileWhole(directory / "sheet.jpg", sheets[0]);
  const Image sheet = ReadImage(directory / "sheet.jpg");
  // Two tiles of the first picture, which is red, and one of the second, blue.
  const auto is = [&](std::size_t channel, int x) {
    const std::uint8_t* pixel = sheet.Row(12) + 3 * x;
    return pixel[channel] > 150 && pixel[2 - channel] < 80;
  };
  int red = 0;
  int blue = 0;
  for (int x = 0; x < sheet.width; ++x) {
    if (is(2, x)) ++red;
    if (is(0, x)) ++blue;
  }
  CHECK(red > 60);
  CHECK(blue > 25);
  CHECK(red > 3 * blue / 2);
}
