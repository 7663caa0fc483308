#include "tools/run/parts.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

PartName Named(std::size_t index, std::size_t count) {
  return {.source = "part " + ShardText({.index = index, .count = count}),
          .shard = {.index = index, .count = count}};
}

TEST_CASE("every class belongs to one shard, and more shards than classes are refused") {
  CHECK(ClassesOfShard(5, {.index = 2, .count = 2}) ==
        std::vector<ClassId>{ClassAt(1), ClassAt(3)});
  CHECK(ClassesOfShard(5, {.index = 5, .count = 5}) == std::vector<ClassId>{ClassAt(4)});
  CHECK_THROWS_AS(ClassesOfShard(5, {.index = 6, .count = 6}), UsageError);
}

TEST_CASE("a part lies beside the whole, and leads back to it") {
  const std::filesystem::path part =
      PartPath("a/mine.safetensors", {.index = 2, .count = 7}, ".json");
  CHECK(part == "a/mine.safetensors.part-2-of-7.json");
  CHECK(WholeOfPart(part) == "a/mine.safetensors");
  CHECK(WholeOfPart("mine.safetensors") == std::nullopt);
}

TEST_CASE("parts are brought into the order of their shards") {
  CHECK(OrderOfParts({Named(3, 3), Named(1, 3), Named(2, 3)}, "a whole") ==
        std::vector<std::size_t>{1, 2, 0});
}

TEST_CASE("parts that are missing, there twice or of two numbers are refused by name") {
  CHECK_THROWS_WITH(OrderOfParts({Named(4, 4), Named(2, 4)}, "a whole"),
                    Catch::Equals("missing of the parts of a whole: 1/4, 3/4"));
  CHECK_THROWS_WITH(OrderOfParts({Named(1, 2), Named(1, 2)}, "a whole"),
                    Catch::Contains("part 1/2 and part 1/2 are both part 1/2"));
  CHECK_THROWS_WITH(OrderOfParts({Named(1, 2), Named(3, 3)}, "a whole"),
                    Catch::Contains("part 1/2 is one of 2 parts, part 3/3 one of 3"));
  CHECK_THROWS_WITH(OrderOfParts({}, "a whole"),
                    Catch::Equals("expected parts of a whole, found none"));
}

}  // namespace
}  // namespace deeper::tools
