#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deeper {

// The candidate nearest to `word` by edit distance, for "did you mean"; the first of equals.
// Nothing when none is near: more than a third of the letters differ. Swapped neighbours count as
// one.
std::optional<std::string> NearestName(std::string_view word,
                                       const std::vector<std::string>& candidates);

}  // namespace deeper
