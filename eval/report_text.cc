#include "eval/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "eval/utf8.h"

namespace deeper {
namespace {

constexpr std::size_t kColumns = 6;
using Row = std::array<std::string, kColumns>;

std::optional<double> RecallOf(const ClassResult& result) {
  if (result.objects == 0) return std::nullopt;
  return static_cast<double>(result.true_positives) / static_cast<double>(result.objects);
}

std::string Percent(const std::optional<double>& ratio) {
  return ratio ? fmt::format("{:.2f}", 100 * *ratio) : "-";
}

// Characters of a UTF-8 text.
std::size_t Characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// The first column to the left, numbers to the right, two spaces between.
std::string Aligned(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths.at(i) = std::max(widths.at(i), Characters(row.at(i)));
    }
  }
  std::string text;
  for (const Row& row : rows) {
    text += row[0] + std::string(widths[0] - Characters(row[0]), ' ');
    for (std::size_t i = 1; i < kColumns; ++i) {
      text += std::string(2 + widths.at(i) - Characters(row.at(i)), ' ') + row.at(i);
    }
    text += '\n';
  }
  return text;
}

nlohmann::ordered_json OrNull(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json JsonOf(const ClassResult& result,
                              const ClassInfo& info,
                              CurveOutput curves) {
  nlohmann::ordered_json entry = {{"class", WithoutInvalidUtf8(info.name)}};
  if (!info.wordnet_id.empty()) entry["wordnet_id"] = WithoutInvalidUtf8(info.wordnet_id);
  entry["objects"] = result.objects;
  entry["detections"] = result.detections;
  entry["true_positives"] = result.true_positives;
  entry["recall"] = OrNull(RecallOf(result));
  entry["average_precision"] = OrNull(result.average_precision);
  if (curves == CurveOutput::kIncluded) {
    entry["curve"] = {{"score", result.curve.score},
                      {"precision", result.curve.precision},
                      {"recall", result.curve.recall}};
  }
  return entry;
}

}  // namespace

std::string EvaluationTable(const Evaluation& evaluation, const ClassTable& classes) {
  std::vector<Row> rows = {
      {"class", "objects", "detections", "true positives", "recall %", "AP %"}};
  for (const ClassResult& result : evaluation.classes) {
    rows.push_back({WithoutInvalidUtf8(classes.Name(result.class_id)),
                    fmt::format("{}", result.objects),
                    fmt::format("{}", result.detections),
                    fmt::format("{}", result.true_positives),
                    Percent(RecallOf(result)),
                    Percent(result.average_precision)});
  }
  rows.push_back({"mean", "", "", "", "", Percent(evaluation.mean_average_precision)});
  rows.push_back({"median", "", "", "", "", Percent(evaluation.median_average_precision)});
  return Aligned(rows);
}

std::string EvaluationJson(const Evaluation& evaluation,
                           const ClassTable& classes,
                           CurveOutput curves) {
  nlohmann::ordered_json report = {
      {"protocol", NameOf(evaluation.protocol)},
      {"mean_average_precision", evaluation.mean_average_precision},
      {"median_average_precision", evaluation.median_average_precision},
      {"classes", nlohmann::ordered_json::array()}};
  for (const ClassResult& result : evaluation.classes) {
    report["classes"].push_back(
        JsonOf(result, classes.classes.at(IndexOf(result.class_id)), curves));
  }
  return report.dump(2) + "\n";
}

}  // namespace deeper
