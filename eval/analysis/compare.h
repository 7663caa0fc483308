#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/class_table.h"
#include "eval/evaluate.h"

namespace deeper {

// How many detections and objects of a class counted as what.
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

// The same class in two evaluations of one data set: of two results, or under two protocols.
struct ClassComparison {
  ClassId class_id{};
  std::optional<double> first_ap;
  std::optional<double> second_ap;
  OutcomeCounts first;
  OutcomeCounts second;
};

// One a class, in the order of the data set. Expects evaluations of the same data set.
std::vector<ClassComparison> CompareEvaluations(const Evaluation& first, const Evaluation& second);

// For people: a line a class with both average precisions in percent, their difference and what
// counts differently ("found +3, duplicates -12"), by descending size of the difference; then the
// mean. Names head the columns.
std::string ComparisonTable(const Evaluation& first,
                            const Evaluation& second,
                            const std::string& first_name,
                            const std::string& second_name,
                            const ClassTable& classes);

// The same as one JSON object; numbers unrounded (docs/formats.md).
std::string ComparisonJson(const Evaluation& first,
                           const Evaluation& second,
                           const std::string& first_name,
                           const std::string& second_name,
                           const ClassTable& classes);

}  // namespace deeper
