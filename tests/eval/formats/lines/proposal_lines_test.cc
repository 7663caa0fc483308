#include "eval/formats/lines/proposal_lines.h"

#include "core/error.h"
#include "tests/support/catch.h"

using namespace deeper;

TEST_CASE("written proposals are read back as they were, whatever the picture's name") {
  for (const char* id : {"000043", "a \"quoted\" name", "caf\xE9"}) {
    CAPTURE(id);
    const ImageProposals image{
        .id = id,
        .width = 500,
        .height = 375,
        .proposals = {{.box = {.x0 = 0.1F, .y0 = 2, .x1 = 30.5F, .y1 = 40}, .rank = 0},
                      {.box = {.x0 = -1, .y0 = 0, .x1 = 500, .y1 = 375}, .rank = 1}}};
    const auto read = ParseProposalLines(ProposalLineOf(image) + "\n\n", "p.jsonl");
    REQUIRE(read.size() == 1);
    CHECK(read[0] == image);
  }
}

TEST_CASE("a picture without proposals is a picture") {
  const auto read = ParseProposalLines(ProposalLineOf({.id = "one", .proposals = {}}), "p.jsonl");
  REQUIRE(read.size() == 1);
  CHECK(read[0].proposals.empty());
}

TEST_CASE("malformed lines are refused with their number") {
  const std::string good = R"({"image": "a", "boxes": []})";
  for (const char* bad : {"{\"image\": \"b\"",
                          "[]",
                          R"({"boxes": []})",
                          R"({"image": "b"})",
                          R"({"image": "b", "boxes": [[1, 2, 3]]})",
                          R"({"image": "b", "boxes": [[1, 2, 3, "x"]]})",
                          R"({"image": "b", "boxes": [[1, 2, 3, 1e39]]})",
                          R"({"image": "b", "image_bytes": "6", "boxes": []})",
                          R"({"image": "a", "boxes": []})"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(ParseProposalLines(good + "\n" + bad, "p.jsonl"),
                      Catch::Contains("p.jsonl:2: expected"));
  }
}
