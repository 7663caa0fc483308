#include "eval/report/report_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/class_index.h"
#include "core/text/text_table.h"
#include "core/text/utf8.h"

namespace deeper {
namespace {

std::optional<double> RecallOf(const ClassResult& result) {
  if (result.objects == 0) return std::nullopt;
  return static_cast<double>(result.true_positives) / static_cast<double>(result.objects);
}

nlohmann::ordered_json OrNull(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json JsonOf(const CocoNumbers& numbers) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    json[std::string(kCocoNumberNames.at(i))] = OrNull(numbers.at(i));
  }
  return json;
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
  if (result.coco) entry["coco"] = JsonOf(*result.coco);
  if (curves == CurveOutput::kIncluded) {
    entry["curve"] = {{"score", result.curve.score},
                      {"precision", result.curve.precision},
                      {"recall", result.curve.recall}};
  }
  return entry;
}

}  // namespace

std::string EvaluationTable(const Evaluation& evaluation, const ClassTable& classes) {
  std::vector<std::vector<std::string>> rows = {
      {"class", "objects", "detections", "true positives", "recall %", "AP %"}};
  const std::vector<std::string> names = NamesForPeople(classes);
  for (const ClassResult& result : evaluation.classes) {
    rows.push_back({WithoutInvalidUtf8(names.at(IndexOf(result.class_id))),
                    fmt::format("{}", result.objects),
                    fmt::format("{}", result.detections),
                    fmt::format("{}", result.true_positives),
                    PercentText(RecallOf(result)),
                    PercentText(result.average_precision)});
  }
  rows.push_back({"mean", "", "", "", "", PercentText(evaluation.mean_average_precision)});
  rows.push_back({"median", "", "", "", "", PercentText(evaluation.median_average_precision)});
  std::string table = AlignedTable(rows);
  if (evaluation.coco) {
    rows = std::vector<std::vector<std::string>>(2);
    for (std::size_t i = 0; i < kCocoNumberNames.size(); ++i) {
      rows[0].emplace_back(kCocoNumberNames.at(i));
      rows[1].push_back(PercentText(evaluation.coco->at(i)));
    }
    table += '\n';
    table += AlignedTable(rows, {.text_columns = 0});
  }
  return table;
}

std::string EvaluationJson(const Evaluation& evaluation,
                           const ClassTable& classes,
                           const std::optional<ConfidenceInterval>& interval,
                           CurveOutput curves) {
  nlohmann::ordered_json report = {
      {"protocol", NameOf(evaluation.protocol)},
      {"mean_average_precision", OrNull(evaluation.mean_average_precision)},
      {"median_average_precision", OrNull(evaluation.median_average_precision)},
      {"classes", nlohmann::ordered_json::array()}};
  if (interval) {
    report["mean_average_precision_interval"] = {{"low", interval->low},
                                                 {"high", interval->high},
                                                 {"standard_error", interval->standard_error}};
  }
  if (evaluation.coco) report["coco"] = JsonOf(*evaluation.coco);
  for (const ClassResult& result : evaluation.classes) {
    report["classes"].push_back(
        JsonOf(result, classes.classes.at(IndexOf(result.class_id)), curves));
  }
  return report.dump(2) + "\n";
}

}  // namespace deeper
