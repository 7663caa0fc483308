#include "tools/options/recipe_words.h"

#include "proposals/search_recipe.h"
#include "proposals/selective_search.h"
#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

TEST_CASE("what differs is told by the options that make it so") {
  SelectiveSearchOptions there = SelectiveSearchPreset("x2");
  SelectiveSearchOptions now = SelectiveSearchPreset("fast");
  there.max_boxes = 200;
  now.max_boxes = 100;
  try {
    RequireRecipe(SearchRecipe(there) + "no_mirror no\nnetwork 0123456789abcdef\n",
                  SearchRecipe(now) + "no_mirror yes\nnetwork 0123456789abcdee\n",
                  "found/journal.jsonl: left by another run",
                  "Remove it.");
    FAIL("expected a refusal");
  } catch (const OtherRecipe& error) {
    CHECK(WordsOf(error) ==
          "found/journal.jsonl: left by another run; it differs in\n"
          "  --proposals x2, now fast\n"
          "  --max-proposals 200, now 100\n"
          "  without --no-mirror, now with it\n"
          "  another network (--model or --backbone)\n"
          "Remove it.");
  }
}

TEST_CASE("a search of somebody's own is another one than a preset's") {
  SelectiveSearchOptions own = SelectiveSearchPreset("x2");
  own.sigma = 0.7;
  CHECK(SearchRecipe(own) != SearchRecipe(SelectiveSearchPreset("x2")));
  own = SelectiveSearchPreset("x2");
  own.seed = 5;
  CHECK(SearchRecipe(own) != SearchRecipe(SelectiveSearchPreset("x2")));
}

}  // namespace
}  // namespace deeper::tools
