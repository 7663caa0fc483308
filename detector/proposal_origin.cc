#include "detector/proposal_origin.h"

namespace deeper {
namespace {

std::optional<int> RankIn(std::span<const Proposal> list, const Box& box, double max_iou) {
  std::optional<int> rank;
  double nearest = max_iou;
  for (const Proposal& proposal : list) {
    if (proposal.box == box) return proposal.rank;
    const double iou = Iou(proposal.box, box);
    if (iou <= nearest) continue;
    nearest = iou;
    rank = proposal.rank;
  }
  return rank;
}

}  // namespace

std::vector<ProposalOrigin> OriginsOf(std::span<const Proposal> joined,
                                      std::span<const Proposal> multibox,
                                      std::span<const Proposal> selective_search,
                                      double max_iou) {
  std::vector<ProposalOrigin> origins;
  origins.reserve(joined.size());
  for (const Proposal& proposal : joined) {
    origins.push_back({.multibox_rank = RankIn(multibox, proposal.box, max_iou),
                       .selective_search_rank = RankIn(selective_search, proposal.box, max_iou)});
  }
  return origins;
}

}  // namespace deeper
