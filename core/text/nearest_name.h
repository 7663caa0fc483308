#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deeper {

// The candidate nearest to `word` by edit distance, for "did you mean"; the first of equals.
// Nothing when none is near, that is, when more than a third of the letters differ. Two swapped
// neighbours count as one difference.
std::optional<std::string> NearestName(std::string_view word,
                                       const std::vector<std::string>& candidates);

}  // namespace deeper
