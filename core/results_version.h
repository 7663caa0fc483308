#pragma once

#include <string_view>

namespace deeper {

// The version of this program's results, as a line of text. It is raised with every change after
// which the same pictures, models and options give other proposals, features, detections or trained
// weights. All that is kept to go on from, or to be joined, names it: journals, features,
// activations, checkpoints, parts of a training or an evaluation. What names another is refused.
inline constexpr std::string_view kResultsVersionLine = "results of version 2\n";

}  // namespace deeper
