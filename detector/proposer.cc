#include "detector/proposer.h"

#include <utility>

#include "backbone/precision.h"
#include "detector/multibox/multibox.h"
#include "detector/multibox/multibox_file.h"

namespace deeper {

Proposer::Proposer(SelectiveSearchOptions search) : search_(std::move(search)) {}

Proposer::Proposer(SelectiveSearchOptions search,
                   const MultiBox& multibox,
                   Precision precision,
                   MultiBoxViews views)
    : search_(std::move(search)),
      multibox_(std::in_place, multibox, precision, views),
      multibox_text_("multibox " + FingerprintOf(multibox) + "\nmultibox_views " + NameOf(views) +
                     "\nmultibox_precision " + NameOf(precision) + "\n") {}

Proposer::Proposer(SelectiveSearchOptions search,
                   const std::optional<MultiBox>& multibox,
                   Precision precision,
                   MultiBoxViews views)
    : Proposer(multibox ? Proposer(std::move(search), *multibox, precision, views)
                        : Proposer(std::move(search))) {}

Proposer::Proposed Proposer::Propose(const Image& image) const {
  std::vector<Proposal> searched = SelectiveSearch(image, search_);
  if (!multibox_) return {.proposals = std::move(searched), .origins = {}};
  const std::vector<Proposal> predicted = multibox_->Propose(image);
  std::vector<Proposal> joined =
      JoinProposals(predicted, searched, search_, image.width, image.height);
  std::vector<ProposalOrigin> origins = OriginsOf(joined, predicted, searched, search_.max_iou);
  return {.proposals = std::move(joined), .origins = std::move(origins)};
}

SelectiveSearchOptions Proposer::SmallestSides() const {
  return multibox_ ? WithSidesOfMultiBox(search_) : search_;
}

}  // namespace deeper
