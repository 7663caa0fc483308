#include "eval/report/proposal_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/class_index.h"
#include "core/error.h"
#include "core/text/quantities.h"

namespace deeper {

namespace {

using Json = nlohmann::ordered_json;

Json JsonOf(const MeasuredProposals& measured, const ClassTable& classes) {
  const ProposalQuality& quality = measured.quality;
  Json json{{"images", quality.images},
            {"objects", quality.objects},
            {"boxes_per_image", quality.boxes_per_image},
            {"ms_per_image", measured.ms_per_image},
            {"recall_50", quality.recall_50},
            {"recall_70", quality.recall_70},
            {"average_recall", quality.average_recall},
            {"mabo", quality.mean_average_best_overlap}};
  const std::vector<std::string> names = DistinctNames(classes);
  Json::object_t
      by_class;  // appended to: looking each name up would take the square of the classes
  for (std::size_t i = 0; i < classes.Size(); ++i) {
    const std::optional<double>& abo = quality.average_best_overlap[i];
    by_class.emplace_back(names[i], abo ? Json(*abo) : Json());
  }
  json["abo"] = std::move(by_class);
  for (const RecallAtBoxes& point : quality.curve) {
    json["curve"].push_back({{"boxes", point.box_count},
                             {"recall_50", point.recall_50},
                             {"recall_70", point.recall_70},
                             {"average_recall", point.average_recall}});
  }
  return json;
}

std::string AboText(const ProposalQuality& quality, const ClassTable& classes) {
  const std::vector<std::string> names = NamesForPeople(classes);
  std::string text = "\nclass              ABO %\n";
  for (std::size_t i = 0; i < classes.Size(); ++i) {
    const std::optional<double>& abo = quality.average_best_overlap[i];
    text += fmt::format("{:<16}  {}\n", names[i], abo ? fmt::format("{:.2f}", 100 * *abo) : "  -");
  }
  return text;
}

// Objects that `a` covers and `b` does not.
std::size_t CountFoundByFirstAlone(const ProposalQuality& a, const ProposalQuality& b) {
  constexpr double kCovered = 0.5;  // IoU
  Expects(a.best_overlaps.size() == b.best_overlaps.size(), "the same objects");
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.best_overlaps.size(); ++i) {
    if (a.best_overlaps[i].iou >= kCovered && b.best_overlaps[i].iou < kCovered) ++count;
  }
  return count;
}

std::string CurveTable(std::span<const MeasuredProposals> ways,
                       const char* title,
                       double RecallAtBoxes::*recall) {
  std::string text = fmt::format("\n{}\n{:>9}", title, "boxes");
  for (const MeasuredProposals& way : ways) text += fmt::format("  {:>16}", way.name);
  text += "\n";
  for (std::size_t i = 0; i < ways.front().quality.curve.size(); ++i) {
    text += fmt::format("{:>9}", ways.front().quality.curve[i].box_count);
    for (const MeasuredProposals& way : ways)
      text += fmt::format("  {:>16.2f}", 100 * way.quality.curve[i].*recall);
    text += "\n";
  }
  return text;
}

constexpr double kWidth = 640;
constexpr double kHeight = 400;
constexpr double kLeft = 50;
constexpr double kRight = 20;
constexpr double kTop = 30;
constexpr double kBottom = 40;
constexpr double kFewestBoxes = 10;
constexpr double kMostBoxes = 10'000;
constexpr std::array<const char*, 4> kColours = {"#1f6fb4", "#d1601a", "#3a923a", "#b03060"};

double X(double boxes) {
  const double place = std::log(std::clamp(boxes, kFewestBoxes, kMostBoxes) / kFewestBoxes) /
                       std::log(kMostBoxes / kFewestBoxes);
  return kLeft + place * (kWidth - kLeft - kRight);
}
double Y(double recall) { return kHeight - kBottom - recall * (kHeight - kTop - kBottom); }

std::string TextAt(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, text);
}

std::string Line(double x0, double y0, double x1, double y1) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ccc\"/>\n",
      x0,
      y0,
      x1,
      y1);
}

std::string Axes() {
  std::string svg;
  for (int tenth = 0; tenth <= 10; tenth += 2) {
    const double recall = tenth / 10.0;
    svg += Line(kLeft, Y(recall), kWidth - kRight, Y(recall));
    svg += TextAt(kLeft - 6, Y(recall) + 4, "end", fmt::format("{:.1f}", recall));
  }
  for (const int boxes : {10, 30, 100, 300, 1000, 3000, 10'000}) {
    svg += Line(X(boxes), Y(0), X(boxes), Y(1));
    svg += TextAt(X(boxes), Y(0) + 16, "middle", fmt::format("{}", boxes));
  }
  svg += TextAt((kLeft + kWidth - kRight) / 2, kHeight - 6, "middle", "boxes a picture");
  return svg + TextAt(kLeft, kTop - 12, "start", "recall at IoU 0.5");
}

// The points of the curve below the number of boxes that there are, then one for all of them.
std::string Polyline(const ProposalQuality& quality, const char* colour) {
  std::string points;
  for (const RecallAtBoxes& point : quality.curve) {
    if (point.box_count >= quality.boxes_per_image) continue;
    points += fmt::format("{:.1f},{:.1f} ", X(point.box_count), Y(point.recall_50));
  }
  points += fmt::format("{:.1f},{:.1f}", X(quality.boxes_per_image), Y(quality.recall_50));
  return fmt::format(
      "<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" points=\"{}\"/>\n", colour, points);
}

}  // namespace

std::string QualityText(const MeasuredProposals& measured, const ClassTable& classes) {
  const ProposalQuality& quality = measured.quality;
  std::string text = fmt::format(
      "{}, {}, {:.0f} boxes a picture, {:.0f} ms a picture on one core\n"
      "recall at IoU 0.5  {:.2f} %\nrecall at IoU 0.7  {:.2f} %\naverage recall     {:.2f} %\n"
      "MABO               {:.2f} %\n\n"
      "    boxes  recall 0.5 %  recall 0.7 %  average recall %\n",
      Counted(quality.images, "pictures"),
      Counted(quality.objects, "objects"),
      quality.boxes_per_image,
      measured.ms_per_image,
      100 * quality.recall_50,
      100 * quality.recall_70,
      100 * quality.average_recall,
      100 * quality.mean_average_best_overlap);
  for (const RecallAtBoxes& point : quality.curve) {
    text += fmt::format("{:>9}  {:>12.2f}  {:>12.2f}  {:>16.2f}\n",
                        point.box_count,
                        100 * point.recall_50,
                        100 * point.recall_70,
                        100 * point.average_recall);
  }
  return text + AboText(quality, classes);
}

std::string QualityJson(const MeasuredProposals& measured, const ClassTable& classes) {
  return JsonOf(measured, classes).dump();
}

std::string ComparisonText(std::span<const MeasuredProposals> ways, std::size_t a, std::size_t b) {
  Expects(a < ways.size() && b < ways.size(), "two of the ways");
  const ProposalQuality& first = ways.front().quality;
  std::string text = fmt::format("{}, {}\n\n{:<20}  {:>6}  {:>12}  {:>12}  {:>16}  {:>6}  {:>12}\n",
                                 Counted(first.images, "pictures"),
                                 Counted(first.objects, "objects"),
                                 "proposals",
                                 "boxes",
                                 "recall 0.5 %",
                                 "recall 0.7 %",
                                 "average recall %",
                                 "MABO %",
                                 "ms a picture");
  for (const MeasuredProposals& way : ways) {
    text += fmt::format("{:<20}  {:>6.0f}  {:>12.2f}  {:>12.2f}  {:>16.2f}  {:>6.2f}  {:>12.0f}\n",
                        way.name,
                        way.quality.boxes_per_image,
                        100 * way.quality.recall_50,
                        100 * way.quality.recall_70,
                        100 * way.quality.average_recall,
                        100 * way.quality.mean_average_best_overlap,
                        way.ms_per_image);
  }
  text += fmt::format("\nobjects that {0} covers and {1} does not: {2}; the other way round: {3}\n",
                      ways[a].name,
                      ways[b].name,
                      CountFoundByFirstAlone(ways[a].quality, ways[b].quality),
                      CountFoundByFirstAlone(ways[b].quality, ways[a].quality));
  return text +
         CurveTable(ways,
                    "recall at IoU 0.5 of the best-ranked boxes, in percent",
                    &RecallAtBoxes::recall_50) +
         CurveTable(ways, "recall at IoU 0.7, in percent", &RecallAtBoxes::recall_70);
}

std::string ComparisonJson(std::span<const MeasuredProposals> ways, const ClassTable& classes) {
  Json json{{"ways", Json::array()}};
  for (const MeasuredProposals& way : ways) {
    Json entry{{"name", way.name}};
    entry.update(JsonOf(way, classes));
    json["ways"].push_back(std::move(entry));
  }
  return json.dump();
}

std::string RecallCurvesSvg(std::span<const MeasuredProposals> ways) {
  Expects(ways.size() <= kColours.size(), "a colour for each way");
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kWidth,
      kHeight);
  svg += Axes();
  for (std::size_t i = 0; i < ways.size(); ++i) {
    svg += Polyline(ways[i].quality, kColours[i]);
    svg += fmt::format("<g fill=\"{}\">{}</g>\n",
                       kColours[i],
                       TextAt(kWidth - kRight - 8,
                              Y(0) - 12 - 16 * static_cast<double>(ways.size() - 1 - i),
                              "end",
                              ways[i].name));
  }
  return svg + "</svg>\n";
}

}  // namespace deeper
