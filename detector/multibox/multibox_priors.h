#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "detector/multibox/multibox.h"

namespace deeper {

// Returns K priors for the true boxes of training pictures: mean and standard deviation of each
// cluster of boxes, by descending number of boxes in the cluster. Clusters are by k-means of the
// boxes' corners (Lloyd 1982, begun as in Arthur and Vassilvitskii 2007). A deviation is at least
// 0.02, so that a box of few examples can move too.
//
// The same seed gives the same priors. Throws Error for fewer than `count` different boxes. Expects
// count > 0 and no empty box.
std::vector<MultiBoxPrior> LearnMultiBoxPriors(
    std::span<const UnitBox> boxes,
    std::size_t count,
    std::uint64_t seed,
    MultiBoxDistance distance = MultiBoxDistance::kAbsolute);

// Reads priors in the format of Google's release: lines
//   "DEVIATION MEAN",
// four per box in the order of UnitBox. Throws Error naming the file and line.
std::vector<MultiBoxPrior> ReadMultiBoxPriors(const std::filesystem::path& path);

}  // namespace deeper
