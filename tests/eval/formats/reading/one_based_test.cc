#include "eval/formats/reading/one_based.h"

#include <limits>
#include <string>

#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "core/text/parse.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

Box ReadBack(const std::string& text) {
  const auto fields = SplitFields(text);
  REQUIRE(fields.size() == 4);
  return BoxOfOneBased(ParseDouble(fields[0]).value(),
                       ParseDouble(fields[1]).value(),
                       ParseDouble(fields[2]).value(),
                       ParseDouble(fields[3]).value());
}

}  // namespace

TEST_CASE("a 1-based inclusive box of one pixel covers one pixel") {
  CHECK(BoxOfOneBased(1, 1, 1, 1) == Box{.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1});
  CHECK(BoxOfOneBased(48, 240, 195, 371) == Box{.x0 = 47, .y0 = 239, .x1 = 195, .y1 = 371});
}

TEST_CASE("coordinates are written as short as they read back") {
  CHECK(OneBasedText({.x0 = 47, .y0 = 11.3F, .x1 = 195, .y1 = 0.1F}) == "48 12.3 195 0.1");
}

TEST_CASE("every box reads back exactly") {
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    const auto coordinate = [&] {
      const double scale = i % 2 == 0 ? 1 : 5000;
      return static_cast<float>(scale * (random.Uniform() - 0.1));
    };
    const Box box{.x0 = coordinate(), .y0 = coordinate(), .x1 = coordinate(), .y1 = coordinate()};
    REQUIRE(ReadBack(OneBasedText(box)) == box);
  }
}

TEST_CASE("numbers beyond all pictures are moved to a billion pixels") {
  CHECK(BoxOfOneBased(-1e300, 5, 1e300, 6) == Box{.x0 = -1e9F, .y0 = 4, .x1 = 1e9F, .y1 = 6});
}

TEST_CASE("a box that is not finite cannot be written") {
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(OneBasedText({.x0 = -infinity, .y0 = 0, .x1 = 1, .y1 = 1}), ContractViolation);
  CHECK_THROWS_AS(OneBasedText({.x0 = 0, .y0 = 0, .x1 = infinity, .y1 = 1}), ContractViolation);
}
