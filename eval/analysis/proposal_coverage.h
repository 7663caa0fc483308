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
  std::vector<std::vector<Proposal>> proposals;  // of dataset.images, in their order
};

// Proposals in the order of a data set's pictures, matched by id; those of other pictures are left
// out. Throws Error naming the first of the data set's pictures that has none listed.
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
  std::vector<BestProposal> best;  // one a source

  // Whether a proposal of the source overlaps it by at least `iou`.
  bool CoveredBy(std::size_t source, double iou) const { return best.at(source).iou >= iou; }
  bool Covered(double iou) const;  // by any source

  bool operator==(const ObjectCoverage&) const = default;
};

// Of every object that counts under the protocol (CountsAsObject), in the order of the data set,
// how well proposals cover it: what no proposal covers, nothing behind can find. Expects sources of
// as many lists as pictures.
std::vector<ObjectCoverage> CoverObjects(const Dataset& dataset,
                                         Protocol protocol,
                                         std::span<const ProposalSource> sources);

// What CoverObjects says, for a terminal: of each source, and of all of them together where there
// are several, the boxes a picture, the objects covered and those that are not.
std::string CoverageTable(std::span<const ProposalSource> sources,
                          const std::vector<ObjectCoverage>& objects,
                          double iou);
// The same as a JSON object: {"iou", "objects", "sources": [{"name", "boxes", "covered",
// "missed"}], "together": {"boxes", "covered", "missed"}}; boxes a picture.
std::string CoverageJson(std::span<const ProposalSource> sources,
                         const std::vector<ObjectCoverage>& objects,
                         double iou);

}  // namespace deeper
