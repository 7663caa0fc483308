#include "eval/analysis/proposal_coverage.h"

#include "core/error.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

Box Square(float x0) { return {.x0 = x0, .y0 = 0, .x1 = x0 + 10, .y1 = 10}; }

// Two pictures; the second object of the first is difficult.
Dataset TwoPictures() {
  return {
      .name = "",
      .classes = ClassTableOf({"cat"}),
      .images = {{.id = "one",
                  .image_path = {},
                  .annotations = {{.box = Square(0), .class_id = ClassAt(0)},
                                  {.box = Square(50), .class_id = ClassAt(0), .difficult = true}}},
                 {.id = "two",
                  .image_path = {},
                  .annotations = {{.box = Square(0), .class_id = ClassAt(0)}}}},
      .blacklist = {}};
}

ProposalSource Source(const std::string& name,
                      const std::vector<Box>& one,
                      const std::vector<Box>& two) {
  std::vector<ImageProposals> images;
  for (const auto& [id, boxes] :
       {std::pair(std::string("two"), two), {"one", one}, {"three", {}}}) {
    ImageProposals image{.id = id, .proposals = {}};
    for (const Box& box : boxes) {
      image.proposals.push_back({.box = box, .rank = static_cast<int>(image.proposals.size())});
    }
    images.push_back(image);
  }
  return AlignProposals(TwoPictures(), images, name);
}

}  // namespace

TEST_CASE("proposals are brought into the order of the data set; a picture without them is named") {
  const ProposalSource source = Source("a", {Square(1)}, {Square(2), Square(3)});
  REQUIRE(source.proposals.size() == 2);
  CHECK(source.proposals[0].size() == 1);
  CHECK(source.proposals[1].size() == 2);
  CHECK_THROWS_WITH(AlignProposals(TwoPictures(), {{.id = "one", .proposals = {}}}, "a.jsonl"),
                    Catch::Contains("a.jsonl") && Catch::Contains("'two'"));
}

TEST_CASE(
    "each object that counts has the best proposal of each source, the better ranked of equals") {
  const std::vector<ProposalSource> sources = {
      Source("a", {Square(5), Square(1), Square(-1)}, {Square(30)}), Source("b", {}, {Square(0)})};
  const auto objects = CoverObjects(TwoPictures(), Protocol::kVoc12, sources);
  REQUIRE(objects.size() == 2);  // the difficult one does not count
  CHECK(objects[0].best[0].iou == Approx(9.0 / 11));
  CHECK(objects[0].best[0].rank == 1U);
  CHECK(objects[0].best[1].iou == 0);
  CHECK_FALSE(objects[0].best[1].rank.has_value());
  CHECK(objects[1].image == 1);
  CHECK_FALSE(objects[1].CoveredBy(0, 0.5));
  CHECK(objects[1].CoveredBy(1, 1.0));
  CHECK(objects[1].Covered(0.5));
  CHECK(CoverObjects(TwoPictures(), Protocol::kIlsvrc, sources).size() == 3);
}

TEST_CASE("the table counts what each source misses and what all miss together") {
  const std::vector<ProposalSource> sources = {Source("first", {Square(0)}, {}),
                                               Source("second", {}, {Square(30)})};
  const std::string text =
      CoverageTable(sources, CoverObjects(TwoPictures(), Protocol::kVoc12, sources), 0.5);
  CHECK(text.find("1 missed (50.00 %)  first") != std::string::npos);
  CHECK(text.find("2 missed (100.00 %)  second") != std::string::npos);
  CHECK(text.find("1 missed (50.00 %)  all together") != std::string::npos);
}
