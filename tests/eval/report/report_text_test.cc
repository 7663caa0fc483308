#include "eval/report/report_text.h"

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.h"

using namespace deeper;

namespace {

const ClassTable& Classes() {
  static const ClassTable table{{{.name = "caf\xC3\xA9", .wordnet_id = "n1"},
                                 {.name = "hot dog", .wordnet_id = ""},
                                 {.name = "x", .wordnet_id = ""}}};
  return table;
}

Evaluation SomeEvaluation() {
  Evaluation evaluation;
  evaluation.protocol = Protocol::kVoc07;
  evaluation.mean_average_precision = 0.25;
  evaluation.median_average_precision = 0.125;
  evaluation.classes = {{.class_id = ClassAt(0),
                         .objects = 3,
                         .detections = 12345,
                         .true_positives = 2,
                         .average_precision = 0.5,
                         .curve = {}},
                        {.class_id = ClassAt(1),
                         .objects = 0,
                         .detections = 1,
                         .true_positives = 0,
                         .average_precision = {},
                         .curve = {}},
                        {.class_id = ClassAt(2),
                         .objects = 1,
                         .detections = 0,
                         .true_positives = 0,
                         .average_precision = 0,
                         .curve = {}}};
  evaluation.classes[0].curve = {.score = {0.5F}, .precision = {1}, .recall = {1.0 / 3}};
  return evaluation;
}

}  // namespace

TEST_CASE("the table aligns names and numbers and shows a dash where there is no object") {
  CHECK(EvaluationTable(SomeEvaluation(), Classes()) ==
        "class    objects  detections  true positives  recall %   AP %\n"
        "caf\xC3\xA9           3       12345               2     66.67  50.00\n"
        "hot dog        0           1               0         -      -\n"
        "x              1           0               0      0.00   0.00\n"
        "mean                                                    25.00\n"
        "median                                                  12.50\n");
}

TEST_CASE("the table of nothing has its heading, mean and median") {
  CHECK(EvaluationTable({}, {}) ==
        "class   objects  detections  true positives  recall %  AP %\n"
        "mean                                                      -\n"
        "median                                                    -\n");
}

TEST_CASE(
    "the JSON holds every number unrounded, null where there is no object, and no curves unless "
    "asked") {
  const auto report = nlohmann::json::parse(EvaluationJson(SomeEvaluation(), Classes()));
  CHECK(report["protocol"] == "voc07");
  CHECK(report["mean_average_precision"] == 0.25);
  CHECK(report["median_average_precision"] == 0.125);
  REQUIRE(report["classes"].size() == 3);
  CHECK(report["classes"][0] == nlohmann::json({{"class", "caf\xC3\xA9"},
                                                {"wordnet_id", "n1"},
                                                {"objects", 3},
                                                {"detections", 12345},
                                                {"true_positives", 2},
                                                {"recall", 2.0 / 3},
                                                {"average_precision", 0.5}}));
  CHECK(report["classes"][1]["average_precision"].is_null());
  CHECK(report["classes"][1]["recall"].is_null());
  CHECK(report["classes"][2]["average_precision"] == 0);
}

TEST_CASE("the JSON with curves holds their points") {
  const auto report = nlohmann::json::parse(
      EvaluationJson(SomeEvaluation(), Classes(), std::nullopt, CurveOutput::kIncluded));
  CHECK(report["classes"][0]["curve"]["recall"] == nlohmann::json({1.0 / 3}));
  CHECK(report["classes"][0]["curve"]["score"] == nlohmann::json({0.5}));
  CHECK(report["classes"][1]["curve"]["precision"].empty());
}
