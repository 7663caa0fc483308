#pragma once

#include <vector>

#include "core/box.h"

namespace deeper {

// A box that may hold an object of any class, before scoring.
struct Proposal {
  Box box;       // in image pixels, inside the picture, not empty
  int rank = 0;  // 0 is the best of its picture; ranks of a list are 0, 1, 2, ...

  bool operator==(const Proposal&) const = default;
};

// The proposals' boxes, in their order.
inline std::vector<Box> BoxesOf(const std::vector<Proposal>& proposals) {
  std::vector<Box> boxes;
  boxes.reserve(proposals.size());
  for (const Proposal& proposal : proposals) boxes.push_back(proposal.box);
  return boxes;
}

}  // namespace deeper
