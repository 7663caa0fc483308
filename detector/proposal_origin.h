#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/proposal.h"

namespace deeper {

// Who proposed a region that was scored: the rank in either list that JoinProposals joined, from 0,
// if that list has it. Or the position of the region of which box regression made it, to be scored
// again. Or the model itself, on its map of the picture.
struct ProposalOrigin {
  std::optional<int> multibox_rank;
  std::optional<int> selective_search_rank;
  std::optional<std::size_t> moved_from = std::nullopt;
  bool by_map = false;

  bool operator==(const ProposalOrigin&) const = default;
};

// The origins of joined proposals, one each. A list has a box if the box itself is in it, or one
// that overlaps it by more than `max_iou` and for which it then stands; of several, the nearest
// counts. max_iou: SelectiveSearchOptions::max_iou of the joining.
std::vector<ProposalOrigin> OriginsOf(std::span<const Proposal> joined,
                                      std::span<const Proposal> multibox,
                                      std::span<const Proposal> selective_search,
                                      double max_iou);

}  // namespace deeper
