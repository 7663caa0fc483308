#include "backbone/rows.h"

#include <algorithm>
#include <span>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("the rows are the stem and the nine inception modules, from the crop up") {
  const std::vector<std::string> rows = RowNames();
  REQUIRE(rows.size() == 1 + kInception.size());
  CHECK(rows.front() == "stem");
  CHECK(rows.back() == "inception_5b");
}

TEST_CASE("a frozen row has all of the rows below it, and the last row all but the average") {
  const std::vector<Layer> all = GoogLeNetLayers();
  std::size_t below = 0;
  for (const std::string& row : RowNames()) {
    CAPTURE(row);
    const std::vector<Layer> layers = FrozenLayers(row);
    CHECK(layers.size() > below);
    CHECK(std::ranges::equal(layers, std::span(all).first(layers.size())));
    below = layers.size();
  }
  CHECK(below == all.size() - 1);
  CHECK(FrozenLayers("").empty());
}

TEST_CASE("an unknown row is refused with the known ones") {
  CHECK_THROWS_WITH(FrozenLayers("inception_6a"),
                    Catch::Contains("inception_6a") && Catch::Contains("stem, inception_3a"));
}

TEST_CASE("the layers of a map head read the last module, and end in the head's features") {
  const std::vector<Layer> layers = MapHeadLayers();
  REQUIRE(layers.size() == 2);
  CHECK(layers.front().input == RowOutput("inception_5b"));
  CHECK(layers.back().input == layers.front().output);
  CHECK(layers.back().out_channels == kMapHeadFeatures);
  CHECK(layers.back().out_size == MapSize{1, 1});
}

}  // namespace
}  // namespace deeper
