#include "detector/proposal_origin.h"

#include "detector/multibox/multibox.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Box Square(float x0) { return {.x0 = x0, .y0 = 0, .x1 = x0 + 100, .y1 = 100}; }

std::vector<Proposal> ListOf(const std::vector<float>& places) {
  std::vector<Proposal> list;
  for (const float x0 : places) {
    list.push_back({.box = Square(x0), .rank = static_cast<int>(list.size())});
  }
  return list;
}

TEST_CASE("a joined proposal knows who proposed it: one of the two, or both") {
  const auto multibox = ListOf({0, 300});
  const auto search = ListOf({600, 300});
  SelectiveSearchOptions options;
  options.width_px = 0;
  const auto joined = JoinProposals(multibox, search, options, 1000, 200);
  REQUIRE(joined.size() == 3);  // 0, 600, 300
  const auto origins = OriginsOf(joined, multibox, search, options.max_iou);
  CHECK(origins ==
        std::vector<ProposalOrigin>{{.multibox_rank = 0, .selective_search_rank = std::nullopt},
                                    {.multibox_rank = std::nullopt, .selective_search_rank = 0},
                                    {.multibox_rank = 1, .selective_search_rank = 1}});
}

TEST_CASE("a near-duplicate that the joining dropped counts as proposed too, the nearest of them") {
  const auto multibox = ListOf({0});
  const auto search = ListOf({300, 4, 2});  // IoU .92 and .96 with MultiBox's
  SelectiveSearchOptions options;
  options.width_px = 0;
  options.max_iou = 0.9;
  const auto joined = JoinProposals(multibox, search, options, 1000, 200);
  REQUIRE(joined.size() == 2);
  CHECK(OriginsOf(joined, multibox, search, 0.9)[0] ==
        ProposalOrigin{.multibox_rank = 0, .selective_search_rank = 2});
  CHECK(OriginsOf(joined, multibox, search, 0.97)[0] ==
        ProposalOrigin{.multibox_rank = 0, .selective_search_rank = std::nullopt});
}

}  // namespace
}  // namespace deeper
