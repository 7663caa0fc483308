#include "eval/report/proposal_report.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// Best overlaps of the objects of one picture with this many boxes.
MeasuredProposals Measured(const std::string& name, double boxes, std::vector<double> overlaps) {
  MeasuredProposals measured = {.name = name, .quality = {}, .ms_per_image = 12};
  ProposalQuality& quality = measured.quality;
  quality.images = 1;
  quality.objects = overlaps.size();
  quality.boxes_per_image = boxes;
  for (const double iou : overlaps)
    quality.best_overlaps.push_back({.box = {}, .iou = iou, .rank = std::nullopt});
  quality.recall_50 = quality.RecallAt(0.5);
  quality.recall_70 = quality.RecallAt(0.7);
  quality.average_best_overlap = {0.75, std::nullopt};
  quality.curve = {{.box_count = 10, .recall_50 = 0.125},
                   {.box_count = 100, .recall_50 = quality.recall_50}};
  return measured;
}

ClassTable TwoClasses() { return ClassTableOf({"cat", "dog"}); }

TEST_CASE("a comparison has a line a way, and says what each of two covers alone") {
  const std::vector<MeasuredProposals> ways = {
      Measured("search", 1000, {0.9, 0.4, 0.5, 0.1, 0.6}),
      Measured("boxes", 200, {0.2, 0.5, 0.9, 0.1, 0.3}),
  };
  const std::string text = ComparisonText(ways, 0, 1);
  CAPTURE(text);
  CHECK(text.find("1 picture, 5 objects") != std::string::npos);
  CHECK(text.find("objects that search covers and boxes does not: 2; the other way round: 1") !=
        std::string::npos);
  CHECK(text.find("search                  1000         60.00         20.00") != std::string::npos);
  CHECK(text.find("boxes                    200         40.00         20.00") != std::string::npos);
  CHECK_THROWS_AS(ComparisonText(ways, 0, 2), ContractViolation);
}

TEST_CASE("figures as JSON are those of the quality, a class without objects has none") {
  const MeasuredProposals measured = Measured("x2", 1000, {0.9, 0.4});
  const auto json = nlohmann::json::parse(QualityJson(measured, TwoClasses()));
  CHECK(json.at("recall_50") == 0.5);
  CHECK(json.at("ms_per_image") == 12);
  CHECK(json.at("abo").at("cat") == 0.75);
  CHECK(json.at("abo").at("dog").is_null());
  CHECK(json.at("curve").at(0).at("boxes") == 10);
  const std::vector<MeasuredProposals> ways = {measured, measured};
  const auto compared = nlohmann::json::parse(ComparisonJson(ways, TwoClasses()));
  CHECK(compared.at("ways").size() == 2);
  CHECK(compared.at("ways").at(1).at("name") == "x2");
}

TEST_CASE("a curve ends at the number of boxes that there are") {
  // The axis is 570 pixels for the decades from 10 to 10,000 and begins at 50; recall 1 is 330
  // pixels high above 360.
  const std::vector<MeasuredProposals> ways = {Measured("few", 10, {0.9, 0.4}),
                                               Measured("many", 1000, {0.9, 0.9})};
  const std::string svg = RecallCurvesSvg(ways);
  CAPTURE(svg);
  CHECK(svg.find("points=\"50.0,195.0\"") != std::string::npos);
  CHECK(svg.find("points=\"50.0,318.8 240.0,30.0 430.0,30.0\"") != std::string::npos);
}

}  // namespace
}  // namespace deeper
