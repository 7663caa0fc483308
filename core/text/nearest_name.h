#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deeper {

// The fewest insertions, deletions, substitutions of single bytes and swaps of neighbours that make
// `b` of `a` (optimal string alignment).
std::size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `word` by edit distance, for "did you mean"; the first of equals.
// Nothing when none is near, that is, when more than a third of the letters differ. Two swapped
// neighbours count as one difference.
std::optional<std::string> NearestName(std::string_view word,
                                       const std::vector<std::string>& candidates);

}  // namespace deeper
