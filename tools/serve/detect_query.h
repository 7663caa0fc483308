#pragma once

#include <map>
#include <optional>
#include <string>

#include "tools/options/suppression_options.h"

namespace deeper::tools {

// The options of a request's query: those of 'deeper detect' by the same names.
struct DetectQuery {
  std::optional<float> min_score;
  SuppressionOptions suppression;
};

// Throws UsageError, as the command line does, for a name that is none of them (saying the nearest)
// and for values that are no numbers or out of range. Further names that the route reads itself:
// `others`.
DetectQuery ParseDetectQuery(const std::map<std::string, std::string>& query,
                             const std::vector<std::string>& others = {});

}  // namespace deeper::tools
