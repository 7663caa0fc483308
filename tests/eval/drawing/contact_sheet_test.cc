#include "eval/drawing/contact_sheet.h"

#include <array>

#include "tests/support/catch.h"

using namespace deeper;

namespace {

std::array<std::uint8_t, 3> At(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.Row(y) + std::ptrdiff_t{3} * x;
  return {pixel[0], pixel[1], pixel[2]};
}

}  // namespace

TEST_CASE("a contact sheet holds its pictures in rows as high as their highest") {
  const Image wide = MakeImage(400, 200, 0, 0, 255);
  const Image high = MakeImage(40, 80, 0, 0, 255);
  const Image sheet = MakeContactSheet(
      {wide, high, wide}, {"a", "b", "caf\xC3\xA9"}, {.columns = 2, .tile_px = 100});
  CHECK(sheet.width == 2 * 112 + 12);
  CHECK(sheet.height == 12 + (80 + 26 + 12) + (50 + 26 + 12));
  const std::array<std::uint8_t, 3> pure = {0, 0, 255};
  // The first is 100 x 50 in the middle of its row's 80 pixels.
  CHECK(At(sheet, 12, 12 + 15) == pure);
  CHECK(At(sheet, 12 + 99, 12 + 64) == pure);
  CHECK(At(sheet, 12, 12 + 14) != pure);
  CHECK(At(sheet, 12 + 112 + 30, 12) == pure);             // the second, not enlarged
  CHECK(At(sheet, 12, 12 + 118) == pure);                  // the second row begins at once
  CHECK(At(sheet, 12 + 112 + 50, 12 + 118 + 20) != pure);  // no fourth
  CHECK(MakeContactSheet({}, {}).IsEmpty());
}
