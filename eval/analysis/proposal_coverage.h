#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/proposal.h"
#include "eval/evaluate.h"
#include "eval/formats/lines/proposal_lines.h"

namespace deeper {

// Where proposals come from: "selective search".
struct ProposalSource {
  std::string name;
  std::vector<std::vector<Proposal>> proposals;  // one list per picture, parallel to dataset.images
};

// Proposals in the order of a data set's pictures, matched by id. Those of other pictures are left
// out. Throws Error naming the first picture of the data set that is not listed.
ProposalSource AlignProposals(const Dataset& dataset,
                              const std::vector<ImageProposals>& images,
                              std::string name);

// The proposal of one source that overlaps an object most.
struct BestProposal {
  double iou = 0;                                    // 0 where none overlaps it
  std::optional<std::uint32_t> rank = std::nullopt;  // the better ranked of equals

  bool operator==(const BestProposal&) const = default;
};

struct ObjectCoverage {
  std::uint32_t image = 0;
  std::uint32_t object = 0;        // position in the picture's annotations
  std::vector<BestProposal> best;  // one per source

  // Whether a proposal of the source overlaps it by at least `iou`.
  bool CoveredBy(std::size_t source, double iou) const { return best.at(source).iou >= iou; }
  bool Covered(double iou) const;  // by any source

  bool operator==(const ObjectCoverage&) const = default;
};

// How well proposals cover every object that counts under the protocol (CountsAsObject), in the
// order of the data set. An object that no proposal covers cannot be found later. Expects each
// source to have one list per picture.
std::vector<ObjectCoverage> CoverObjects(const Dataset& dataset,
                                         Protocol protocol,
                                         std::span<const ProposalSource> sources);

// The result of CoverObjects for a terminal: the boxes per picture, the objects covered and those
// not covered. For each source, and for all together if there are several.
std::string CoverageTable(std::span<const ProposalSource> sources,
                          const std::vector<ObjectCoverage>& objects,
                          double iou);
// CoverageTable as a JSON object; "boxes" are per picture:
//   {"iou", "objects", "sources": [{"name", "boxes", "covered", "missed"}],
//    "together": {"boxes", "covered", "missed"}}
std::string CoverageJson(std::span<const ProposalSource> sources,
                         const std::vector<ObjectCoverage>& objects,
                         double iou);

}  // namespace deeper
