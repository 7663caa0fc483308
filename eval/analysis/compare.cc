#include "eval/analysis/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "core/class_index.h"
#include "core/error.h"
#include "core/text/text_table.h"
#include "core/text/utf8.h"

namespace deeper {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<std::string_view, std::size_t OutcomeCounts::*>, 6> kCounts = {{
    {"objects", &OutcomeCounts::objects},
    {"found", &OutcomeCounts::found},
    {"missed", &OutcomeCounts::missed},
    {"duplicate", &OutcomeCounts::duplicate},
    {"false", &OutcomeCounts::false_positive},
    {"ignored", &OutcomeCounts::ignored},
}};

// "found +3, duplicate -12"; empty when nothing differs.
std::string DifferencesText(const OutcomeCounts& first, const OutcomeCounts& second) {
  std::string text;
  for (const auto& [name, count] : kCounts) {
    const auto difference =
        static_cast<std::int64_t>(second.*count) - static_cast<std::int64_t>(first.*count);
    if (difference == 0) continue;
    text += fmt::format("{}{} {:+}", text.empty() ? "" : ", ", name, difference);
  }
  return text;
}

// A difference in percentage points with its sign; "-" where either is missing.
std::string PointsText(const std::optional<double>& first, const std::optional<double>& second) {
  return first && second ? fmt::format("{:+.2f}", 100 * (*second - *first)) : "-";
}

double SizeOfDifference(const ClassComparison& comparison) {
  return std::abs(comparison.second_ap.value_or(0) - comparison.first_ap.value_or(0));
}

Json JsonOf(const OutcomeCounts& counts, const std::optional<double>& ap) {
  Json json = {{"average_precision", ap ? Json(*ap) : Json(nullptr)}};
  for (const auto& [name, count] : kCounts) json[std::string(name)] = counts.*count;
  return json;
}

}  // namespace

OutcomeCounts CountOutcomes(const ClassResult& result) {
  OutcomeCounts counts{.objects = result.objects};
  for (const Outcome& outcome : result.outcomes) {
    switch (outcome.verdict) {
      case Verdict::kTruePositive:
        ++counts.found;
        break;
      case Verdict::kDuplicate:
        ++counts.duplicate;
        break;
      case Verdict::kFalsePositive:
        ++counts.false_positive;
        break;
      case Verdict::kIgnored:
        ++counts.ignored;
        break;
    }
  }
  counts.missed = counts.objects - counts.found;
  return counts;
}

std::vector<ClassComparison> CompareEvaluations(const Evaluation& first, const Evaluation& second) {
  Expects(first.classes.size() == second.classes.size(), "evaluations of the same data set");
  std::vector<ClassComparison> comparisons;
  for (std::size_t i = 0; i < first.classes.size(); ++i) {
    comparisons.push_back({.class_id = first.classes[i].class_id,
                           .first_ap = first.classes[i].average_precision,
                           .second_ap = second.classes[i].average_precision,
                           .first = CountOutcomes(first.classes[i]),
                           .second = CountOutcomes(second.classes[i])});
  }
  return comparisons;
}

std::string ComparisonTable(const Evaluation& first,
                            const Evaluation& second,
                            const std::string& first_name,
                            const std::string& second_name,
                            const ClassTable& classes) {
  std::vector<ClassComparison> comparisons = CompareEvaluations(first, second);
  std::ranges::stable_sort(comparisons, std::ranges::greater{}, SizeOfDifference);
  std::vector<std::vector<std::string>> rows = {
      {"class", first_name + " AP %", second_name + " AP %", "difference", "what differs"}};
  const std::vector<std::string> names = NamesForPeople(classes);
  for (const ClassComparison& comparison : comparisons) {
    rows.push_back({WithoutInvalidUtf8(names.at(IndexOf(comparison.class_id))),
                    PercentText(comparison.first_ap),
                    PercentText(comparison.second_ap),
                    PointsText(comparison.first_ap, comparison.second_ap),
                    DifferencesText(comparison.first, comparison.second)});
  }
  rows.push_back({"mean",
                  PercentText(first.mean_average_precision),
                  PercentText(second.mean_average_precision),
                  PointsText(first.mean_average_precision, second.mean_average_precision),
                  ""});
  return AlignedTable(rows, {.text_columns = 1, .last_is_text = true});
}

std::string ComparisonJson(const Evaluation& first,
                           const Evaluation& second,
                           const std::string& first_name,
                           const std::string& second_name,
                           const ClassTable& classes) {
  const auto heading = [](const Evaluation& evaluation, const std::string& name) {
    return Json{{"name", WithoutInvalidUtf8(name)},
                {"protocol", NameOf(evaluation.protocol)},
                {"mean_average_precision",
                 evaluation.mean_average_precision ? Json(*evaluation.mean_average_precision)
                                                   : Json(nullptr)}};
  };
  Json json = {{"first", heading(first, first_name)},
               {"second", heading(second, second_name)},
               {"classes", Json::array()}};
  const std::vector<std::string> names = NamesForPeople(classes);
  for (const ClassComparison& comparison : CompareEvaluations(first, second)) {
    json["classes"].push_back(
        {{"class", WithoutInvalidUtf8(names.at(IndexOf(comparison.class_id)))},
         {"first", JsonOf(comparison.first, comparison.first_ap)},
         {"second", JsonOf(comparison.second, comparison.second_ap)}});
  }
  return json.dump(2) + "\n";
}

}  // namespace deeper
