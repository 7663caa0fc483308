#include "eval/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <string_view>

#include "core/class_index.h"
#include "core/error.h"
#include "core/text/utf8.h"
#include "eval/analysis/breakdown.h"
#include "eval/report/report_page.h"
#include "eval/report/report_pictures.h"

namespace deeper {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCurveColumns = 100;

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

// To four digits; no chart shows more.
double Rounded(double value) { return std::round(value * 1e4) / 1e4; }

// The curve as [recall, precision] pairs, thinned to what a small chart can show. Of each column of
// the chart, the first, the last, the lowest and the highest point stay: they draw the same lines
// as all points do (Jugel et al. 2014, M4).
Json CurveOf(const PrecisionRecallCurve& curve) {
  const auto column = [&](std::size_t i) {
    return static_cast<std::size_t>(curve.recall[i] * double{kCurveColumns});
  };
  Json points = Json::array();
  std::size_t begin = 0;
  while (begin < curve.recall.size()) {
    std::size_t end = begin;
    std::size_t lowest = begin;
    std::size_t highest = begin;
    while (end < curve.recall.size() && column(end) == column(begin)) {
      if (curve.precision[end] < curve.precision[lowest]) lowest = end;
      if (curve.precision[end] > curve.precision[highest]) highest = end;
      ++end;
    }
    for (const std::size_t i : std::set<std::size_t>{begin, lowest, highest, end - 1}) {
      points.push_back({Rounded(curve.recall[i]), Rounded(curve.precision[i])});
    }
    begin = end;
  }
  return points;
}

Json ClassesOf(const ReportInput& input) {
  const std::vector<std::string> names = NamesForPeople(input.dataset.classes);
  Json classes = Json::array();
  for (const ClassResult& result : input.evaluation.classes) {
    Json entry = {{"name", WithoutInvalidUtf8(names.at(IndexOf(result.class_id)))},
                  {"objects", result.objects},
                  {"detections", result.detections},
                  {"found", result.true_positives},
                  {"ap", OrNull(result.average_precision)},
                  {"curve", CurveOf(result.curve)},
                  {"point", nullptr}};
    if (const auto point = BestOperatingPoint(result.curve)) {
      entry["point"] = {{"score", point->score},
                        {"precision", Rounded(point->precision)},
                        {"recall", Rounded(point->recall)},
                        {"f1", Rounded(point->f1)}};
    }
    classes.push_back(std::move(entry));
  }
  return classes;
}

Json SummaryOf(const ReportInput& input) {
  std::size_t objects = 0;
  std::size_t found = 0;
  std::size_t detections = 0;
  for (const ClassResult& result : input.evaluation.classes) {
    objects += result.objects;
    found += result.true_positives;
    detections += result.detections;
  }
  Json summary = {{"data", WithoutInvalidUtf8(input.dataset.name)},
                  {"protocol", NameOf(input.evaluation.protocol)},
                  {"map", OrNull(input.evaluation.mean_average_precision)},
                  {"median", OrNull(input.evaluation.median_average_precision)},
                  {"interval", nullptr},
                  {"coco", nullptr},
                  {"pictures", input.dataset.images.size()},
                  {"objects", objects},
                  {"detections", detections},
                  {"found", found}};
  if (input.interval) summary["interval"] = {input.interval->low, input.interval->high};
  if (input.evaluation.coco) {
    Json numbers = Json::array();
    for (std::size_t i = 0; i < kCocoNumberNames.size(); ++i) {
      numbers.push_back({kCocoNumberNames.at(i), OrNull(input.evaluation.coco->at(i))});
    }
    summary["coco"] = std::move(numbers);
  }
  return summary;
}

Json ErrorsOf(const ErrorAnalysis& analysis) {
  Json errors = Json::array();
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    errors.push_back({{"kind", kErrorKindNames.at(i)},
                      {"count", analysis.counts.at(i)},
                      {"delta", analysis.delta_ap.at(i)}});
  }
  return errors;
}

Json HoiemOf(const ReportInput& input) {
  const SimilarClasses similar = HoiemGroups(input.dataset.classes);
  if (similar.empty()) return nullptr;
  std::array<std::size_t, kHoiemKinds> sums{};
  for (const auto& counts :
       CountHoiemKinds(input.dataset, input.detections, input.evaluation, similar)) {
    for (std::size_t i = 0; i < kHoiemKinds; ++i) sums.at(i) += counts.at(i);
  }
  Json kinds = Json::array();
  for (std::size_t i = 0; i < kHoiemKinds; ++i) {
    kinds.push_back({{"kind", kHoiemKindNames.at(i)}, {"count", sums.at(i)}});
  }
  return kinds;
}

// The cells that are not zero, as [true, detected, count]: far fewer than all for 200 classes.
Json ConfusionOf(const ReportInput& input, double min_iou) {
  const ConfusionMatrix matrix =
      CountConfusions(input.dataset, input.detections, input.evaluation, min_iou);
  Json cells = Json::array();
  for (const auto& [place, count] : matrix.cells)
    cells.push_back({place.first, place.second, count});
  return cells;
}

Json PartsOf(const ReportInput& input,
             ObjectProperty property,
             const std::array<std::string_view, kParts>& names) {
  const auto parts = AveragePrecisionByPart(input.dataset, input.evaluation, property);
  Json list = Json::array();
  for (std::size_t i = 0; i < kParts; ++i) {
    list.push_back({{"name", names.at(i)},
                    {"objects", parts.at(i).objects},
                    {"found", parts.at(i).found},
                    {"ap", OrNull(parts.at(i).mean_average_precision)}});
  }
  return list;
}

// How often scores are right. Of scores that may be probabilities also how far they are from that.
Json CalibrationOf(const Evaluation& evaluation) {
  const std::vector<CalibrationBin> curve = CalibrationCurve(evaluation);
  const bool may_be_probabilities = std::ranges::all_of(
      curve, [](const CalibrationBin& bin) { return bin.mean_score >= 0 && bin.mean_score <= 1; });
  Json bins = Json::array();
  for (const CalibrationBin& bin : curve) {
    bins.push_back({{"score", Rounded(bin.mean_score)},
                    {"precision", Rounded(bin.precision)},
                    {"detections", bin.detections}});
  }
  return {{"bins", bins},
          {"error", OrNull(may_be_probabilities ? ExpectedCalibrationError(curve) : std::nullopt)}};
}

// How many objects proposals cover, by source, class and size; null without proposals.
Json ProposalsOf(const ReportInput& input,
                 const ErrorAnalysis& analysis,
                 const std::vector<ObjectCoverage>& coverage,
                 double iou) {
  if (input.proposals.empty()) return nullptr;
  Json sources = Json::array();
  for (std::size_t s = 0; s < input.proposals.size(); ++s) {
    const auto boxes =
        std::transform_reduce(input.proposals[s].proposals.begin(),
                              input.proposals[s].proposals.end(),
                              std::size_t{0},
                              std::plus{},
                              [](const std::vector<Proposal>& list) { return list.size(); });
    const auto missed = std::ranges::count_if(
        coverage, [&](const ObjectCoverage& object) { return !object.CoveredBy(s, iou); });
    sources.push_back({{"name", WithoutInvalidUtf8(input.proposals[s].name)},
                       {"boxes", boxes},
                       {"missed", missed}});
  }
  // COCO's sizes, in pixels of area.
  constexpr std::array<std::pair<const char*, double>, 3> kSizes = {
      {{"small", 32 * 32}, {"medium", 96 * 96}, {"large", std::numeric_limits<double>::max()}}};
  std::array<std::pair<std::size_t, std::size_t>, kSizes.size()> by_size{};  // objects, missed
  std::vector<std::pair<std::size_t, std::size_t>> by_class(input.dataset.classes.Size());
  std::set<std::pair<std::uint32_t, std::uint32_t>> uncovered;
  for (const ObjectCoverage& object : coverage) {
    const Annotation& annotation = input.dataset.images[object.image].annotations[object.object];
    std::size_t size = 0;
    while (Area(annotation.box) >= kSizes.at(size).second && size + 1 < kSizes.size()) ++size;
    for (auto* sums : {&by_size.at(size), &by_class.at(IndexOf(annotation.class_id))}) {
      ++sums->first;
      if (!object.Covered(iou)) ++sums->second;
    }
    if (!object.Covered(iou)) uncovered.emplace(object.image, object.object);
  }
  Json sizes = Json::array();
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    sizes.push_back({{"name", kSizes.at(i).first},
                     {"objects", by_size.at(i).first},
                     {"missed", by_size.at(i).second}});
  }
  Json classes = Json::array();
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    if (by_class[c].second > 0) classes.push_back({c, by_class[c].first, by_class[c].second});
  }
  const auto lost = std::ranges::count_if(analysis.missed, [&](const MissedObject& object) {
    return uncovered.contains({object.image, object.object});
  });
  return {{"iou", iou},
          {"sources", sources},
          {"objects", coverage.size()},
          {"missed", uncovered.size()},
          {"not_found", analysis.missed.size()},
          {"not_found_uncovered", lost},
          {"sizes", sizes},
          {"classes", classes}};
}

Json ConfigurationOf(const ReportInput& input) {
  Json rows = Json::array();
  for (const auto& [key, value] : input.configuration) {
    rows.push_back({WithoutInvalidUtf8(key), WithoutInvalidUtf8(value)});
  }
  return rows;
}

}  // namespace

void ReportOptions::Validate() const {
  const auto require = [](bool condition, const char* field, int value, const char* bound) {
    if (!condition) throw Error(fmt::format("{}: expected {}, found {}", field, bound, value));
  };
  require(gallery_size >= 0, "gallery_size", gallery_size, "at least 0");
  require(picture_count >= 0, "picture_count", picture_count, "at least 0");
  require(cutout_px >= 16, "cutout_px", cutout_px, "at least 16");
  require(picture_px >= 16, "picture_px", picture_px, "at least 16");
  errors.Validate();
}

std::string ReportHtml(const ReportInput& input, const ReportOptions& options) {
  options.Validate();
  const ErrorAnalysis analysis =
      AnalyseErrors(input.dataset, input.detections, input.evaluation, options.errors);
  const double covered_from = options.errors.foreground_iou;
  std::vector<ObjectCoverage> coverage;
  if (!input.proposals.empty()) {
    coverage = CoverObjects(input.dataset, input.evaluation.protocol, input.proposals);
  }
  const ReportPictures pictures = ChooseReportPictures(input, analysis, coverage, options);
  const Json data = {
      {"summary", SummaryOf(input)},
      {"classes", ClassesOf(input)},
      {"errors", ErrorsOf(analysis)},
      {"hoiem", HoiemOf(input)},
      {"confusion", ConfusionOf(input, options.errors.foreground_iou)},
      {"size", PartsOf(input, ObjectProperty::kArea, kSizeNames)},
      {"aspect", PartsOf(input, ObjectProperty::kAspect, kAspectNames)},
      {"calibration", CalibrationOf(input.evaluation)},
      {"proposals", ProposalsOf(input, analysis, coverage, covered_from)},
      {"pictures", Json::parse(pictures.pictures_json)},
      {"gallery", Json::parse(pictures.gallery_json)},
      {"configuration", ConfigurationOf(input)},
  };
  return ReportPage(ScriptSafe(data.dump()), PageScript::kEvaluation);
}

}  // namespace deeper
