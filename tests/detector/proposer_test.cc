#include "detector/proposer.h"

#include "backbone/precision.h"
#include "detector/multibox/multibox.h"
#include "tests/detector/random_multibox.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// Two rectangles on a gray ground.
Image Scene() {
  Image image = MakeImage(160, 120, 90, 90, 90);
  for (int y = 20; y < 90; ++y) {
    for (int x = 20; x < 140; ++x) {
      const bool is_left = x < 70;
      image.Row(y)[3 * x] = is_left ? 200 : 20;
      image.Row(y)[3 * x + 2] = is_left ? 30 : 230;
    }
  }
  return image;
}

TEST_CASE("without a MultiBox proposals are those of Selective Search, of no other origin") {
  const SelectiveSearchOptions search = DoubleSuperpixelSelectiveSearch();
  const Proposer proposer(search);
  const Proposer::Proposed proposed = proposer.Propose(Scene());
  CHECK(proposed.proposals == SelectiveSearch(Scene(), search));
  CHECK(!proposed.proposals.empty());
  CHECK(proposed.origins.empty());
  CHECK(proposer.multibox_text().empty());
  CHECK(proposer.SmallestSides().min_side_px == search.min_side_px);
}

TEST_CASE("with a MultiBox its boxes are joined, and each proposal has an origin") {
  const SelectiveSearchOptions search = DoubleSuperpixelSelectiveSearch();
  const MultiBox multibox = test::RandomMultiBox(6, 1);
  const auto with = [&](MultiBoxViews views) {
    return Proposer(search, multibox, Precision::kF32, views);
  };
  const Proposer proposer = with(MultiBoxViews::kParts);
  const Image image = Scene();
  const auto predicted =
      MultiBoxNetwork(multibox, Precision::kF32, MultiBoxViews::kParts).Propose(image);
  const auto searched = SelectiveSearch(image, search);
  const Proposer::Proposed proposed = proposer.Propose(image);
  CHECK(proposed.proposals == JoinProposals(predicted, searched, search, 160, 120));
  CHECK(proposed.origins == OriginsOf(proposed.proposals, predicted, searched, search.max_iou));
  CHECK(proposer.SmallestSides().min_side_px == search.min_side_px / 2);
  CHECK(proposer.multibox_text() == with(MultiBoxViews::kParts).multibox_text());
  CHECK(proposer.multibox_text() != with(MultiBoxViews::kWhole).multibox_text());
}

}  // namespace
}  // namespace deeper
