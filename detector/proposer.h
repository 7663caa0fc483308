#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "backbone/precision.h"
#include "core/image.h"
#include "core/proposal.h"
#include "detector/multibox/multibox.h"
#include "detector/multibox/multibox_network.h"
#include "detector/multibox/multibox_views.h"
#include "detector/proposal_origin.h"
#include "proposals/selective_search.h"

namespace deeper {

// How a detector's regions are proposed, in training and in use: by Selective Search, joined with
// the boxes of a MultiBox if there is one. Const, and safe to use from several threads.
class Proposer {
 public:
  struct Proposed {
    std::vector<Proposal> proposals;      // best first
    std::vector<ProposalOrigin> origins;  // one per proposal; none without a MultiBox
  };

  explicit Proposer(SelectiveSearchOptions search);
  // Expects a valid MultiBox. precision: f32 or bf16. Throws Error when the processor cannot run
  // it.
  Proposer(SelectiveSearchOptions search,
           const MultiBox& multibox,
           Precision precision,
           MultiBoxViews views);
  // With the MultiBox if there is one.
  Proposer(SelectiveSearchOptions search,
           const std::optional<MultiBox>& multibox,
           Precision precision,
           MultiBoxViews views);

  // Expects a picture with pixels.
  Proposed Propose(const Image& image) const;

  // The search without the MultiBox's part.
  const SelectiveSearchOptions& search() const { return search_; }
  // search() with the smallest sides that any proposal has.
  SelectiveSearchOptions SmallestSides() const;
  // The MultiBox's part as one line, for recipes: equal for equal boxes; "" without a MultiBox.
  const std::string& multibox_text() const { return multibox_text_; }

 private:
  SelectiveSearchOptions search_;
  std::optional<MultiBoxNetwork> multibox_;
  std::string multibox_text_;
};

}  // namespace deeper
