#include "core/other_recipe.h"

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE(
    "recipes differ in the lines of one name with other values, and in lines of one of them") {
  CHECK(DifferencesOf("a 1\nb 2\n", "a 1\nb 2\n").empty());
  CHECK(DifferencesOf("a 1\nb 2\nold x y\n", "b 3\na 1\nnew\n") ==
        std::vector<RecipeDifference>{{.name = "b", .there = "2", .now = "3"},
                                      {.name = "new", .there = std::nullopt, .now = ""},
                                      {.name = "old", .there = "x y", .now = std::nullopt}});
}

TEST_CASE("of lines of one name each is compared with its own") {
  CHECK(DifferencesOf("model a\nweight 1\nmodel b\nweight 1\n", "model a\nweight 1\nmodel c\n") ==
        std::vector<RecipeDifference>{{.name = "model", .there = "b", .now = "c"},
                                      {.name = "weight", .there = "1", .now = std::nullopt}});
}

TEST_CASE("a difference is told by both values, a switch by itself, a digest not at all") {
  const auto text = [](const char* there, const char* now) {
    std::string all;
    for (const RecipeDifference& difference : DifferencesOf(there, now)) all += TextOf(difference);
    return all;
  };
  CHECK(text("max_proposals 200\n", "max_proposals 100\n") == "max_proposals 200, now 100");
  CHECK(text("mirror yes\n", "mirror no\n") == "with mirror, now without");
  CHECK(text("mirror no\n", "mirror yes\n") == "without mirror, now with it");
  CHECK(text("exact 5\n", "") == "exact 5, now none");
  CHECK(text("network 0123456789abcdef0\n", "network f123456789abcdef0\n") == "another network");
  CHECK(text("", "network f123456789abcdef0\n") == "network none, now one");
}

TEST_CASE("another recipe is refused with all differences between what is there and the advice") {
  CHECK_NOTHROW(RequireRecipe("a 1\n", "a 1\n", "f: holds another", "Remove it."));
  CHECK_THROWS_WITH(RequireRecipe("a 1\nb 1\n", "a 2\nb 2\n", "f: holds another", "Remove it."),
                    "f: holds another; it differs in\n  a 1, now 2\n  b 1, now 2\nRemove it.");
  CHECK_THROWS_AS(RequireRecipe("a 1\n", "", "f", ""), OtherRecipe);
}

}  // namespace
}  // namespace deeper
