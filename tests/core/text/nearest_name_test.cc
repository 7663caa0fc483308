#include "core/text/nearest_name.h"

#include "tests/support/catch.h"

namespace deeper {
namespace {

const std::vector<std::string> kNames = {"output", "count", "counts", "cat"};

TEST_CASE("a wrong, missing or added letter and two swapped ones are near") {
  CHECK(NearestName("outpat", kNames) == "output");
  CHECK(NearestName("outut", kNames) == "output");
  CHECK(NearestName("outputs", kNames) == "output");
  CHECK(NearestName("cuont", kNames) == "count");
}

TEST_CASE("the first of equally near names is taken, and the nearest before it") {
  CHECK(NearestName("countt", kNames) == "count");
  CHECK(NearestName("counts", kNames) == "counts");
}

TEST_CASE("a name of which more than a third differs is not near") {
  CHECK(NearestName("dog", kNames) == std::nullopt);
  CHECK(NearestName("cot", kNames) == "cat");
  CHECK(NearestName("cog", kNames) == std::nullopt);
  CHECK(NearestName("cats", {"cat"}) == "cat");
  CHECK(NearestName("catsy", {"cat"}) == std::nullopt);
  CHECK(NearestName("outputting", {"output"}) == std::nullopt);
  CHECK(NearestName("anything", {}) == std::nullopt);
}

}  // namespace
}  // namespace deeper
