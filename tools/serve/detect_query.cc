#include "tools/serve/detect_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/text/nearest_name.h"
#include "core/text/parse.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace {

double NumberOf(const std::string& name, const std::string& value, double low, double high) {
  const std::optional<double> number = ParseDouble(value);
  if (!number) {
    throw UsageError(fmt::format("{} is '{}', expected a number", name, value));
  }
  if (*number < low || *number > high) {
    throw UsageError(fmt::format("{} is {}, expected {} to {}", name, value, low, high));
  }
  return *number;
}

bool SwitchOf(const std::string& name, const std::string& value) {
  if (value.empty() || value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  throw UsageError(fmt::format("{} is '{}', expected true or false", name, value));
}

}  // namespace

DetectQuery ParseDetectQuery(const std::map<std::string, std::string>& query,
                             const std::vector<std::string>& others) {
  constexpr double kMostPerClass = 1e6;
  constexpr double kLargestScore = 1e9;
  DetectQuery parsed;
  SuppressionOptions& suppression = parsed.suppression;
  for (const auto& [name, value] : query) {
    if (name == "min-score") {
      parsed.min_score = static_cast<float>(NumberOf(name, value, -kLargestScore, kLargestScore));
    } else if (name == "nms-iou") {
      suppression.nms_iou = NumberOf(name, value, 0, 1);
    } else if (name == "soft-nms") {
      suppression.soft_sigma = NumberOf(name, value, 0, kLargestScore);
    } else if (name == "vote-iou") {
      suppression.vote_iou = NumberOf(name, value, 0, 1);
    } else if (name == "max-per-class") {
      suppression.max_per_class = static_cast<int>(NumberOf(name, value, 0, kMostPerClass));
    } else if (name == "no-box-regression") {
      suppression.no_box_regression = SwitchOf(name, value);
    } else if (std::ranges::find(others, name) == others.end()) {
      std::vector<std::string> known = {
          "min-score", "nms-iou", "soft-nms", "vote-iou", "max-per-class", "no-box-regression"};
      known.insert(known.end(), others.begin(), others.end());
      const auto near = NearestName(name, known);
      throw UsageError(fmt::format("unknown option '{}', expected one of {}{}",
                                   name,
                                   fmt::join(known, ", "),
                                   near ? fmt::format("; did you mean '{}'?", *near) : ""));
    }
  }
  return parsed;
}

}  // namespace deeper::tools
