#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/class_table.h"
#include "eval/evaluate.h"

namespace deeper {

// How many detections and objects of a class have each outcome.
struct OutcomeCounts {
  std::size_t objects = 0;
  std::size_t found = 0;
  std::size_t missed = 0;
  std::size_t duplicate = 0;
  std::size_t false_positive = 0;  // duplicates not included
  std::size_t ignored = 0;

  bool operator==(const OutcomeCounts&) const = default;
};
OutcomeCounts CountOutcomes(const ClassResult& result);

// One class in two evaluations of one data set: of two results, or under two protocols.
struct ClassComparison {
  ClassId class_id{};
  std::optional<double> first_ap;
  std::optional<double> second_ap;
  OutcomeCounts first;
  OutcomeCounts second;
};

// One per class, in the order of the data set. Expects evaluations of the same data set.
std::vector<ClassComparison> CompareEvaluations(const Evaluation& first, const Evaluation& second);

// For people: one line per class, by descending size of the difference, then the mean. A line has
// both average precisions in percent, their difference, and the counts that differ ("found +3,
// duplicates -12"). Names head the columns.
std::string ComparisonTable(const Evaluation& first,
                            const Evaluation& second,
                            const std::string& first_name,
                            const std::string& second_name,
                            const ClassTable& classes);

// ComparisonTable as one JSON object; numbers unrounded (docs/formats.md).
std::string ComparisonJson(const Evaluation& first,
                           const Evaluation& second,
                           const std::string& first_name,
                           const std::string& second_name,
                           const ClassTable& classes);

}  // namespace deeper
