#include "eval/analysis/compare.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace deeper;

namespace {

Box Square(float x0) { return {.x0 = x0, .y0 = 0, .x1 = x0 + 100, .y1 = 100}; }

const ClassTable& Pets() {
  static const ClassTable table = ClassTableOf({"cat", "dog"});
  return table;
}

// One picture with two cats side by side that overlap, and a difficult dog.
Dataset Truth() {
  Dataset dataset{.name = "d", .classes = Pets(), .images = {}, .blacklist = {}};
  dataset.images.push_back(
      {.id = "a",
       .image_path = {},
       .annotations = {{.box = Square(0)},
                       {.box = Square(20)},
                       {.box = Square(500), .class_id = ClassAt(1), .difficult = true}}});
  return dataset;
}

DetectionSet Found() {
  return {.classes = Pets(),
          .images = {{.id = "a",
                      .detections = {{.box = Square(2), .score = 0.9F},
                                     {.box = Square(4), .score = 0.8F},
                                     {.box = Square(900), .score = 0.7F},
                                     {.box = Square(500), .class_id = ClassAt(1), .score = 1}}}}};
}

}  // namespace

TEST_CASE("protocols differ where a duplicate may take a second object and difficult ones count") {
  const Evaluation voc = Evaluate(Truth(), Found(), {.protocol = Protocol::kVoc12});
  const Evaluation ilsvrc = Evaluate(Truth(), Found(), {.protocol = Protocol::kIlsvrc});
  const std::vector<ClassComparison> compared = CompareEvaluations(voc, ilsvrc);
  CHECK(compared.at(0).first ==
        OutcomeCounts{.objects = 2, .found = 1, .missed = 1, .duplicate = 1, .false_positive = 1});
  CHECK(compared.at(0).second == OutcomeCounts{.objects = 2, .found = 2, .false_positive = 1});
  CHECK(compared.at(1).first == OutcomeCounts{.ignored = 1});
  CHECK(compared.at(1).second == OutcomeCounts{.objects = 1, .found = 1});
  CHECK(ComparisonTable(voc, ilsvrc, "voc12", "ilsvrc", Pets()) ==
        "class  voc12 AP %  ilsvrc AP %  difference  what differs\n"
        "dog             -       100.00           -  objects +1, found +1, ignored -1\n"
        "cat         50.00       100.00      +50.00  found +1, missed -1, duplicate -1\n"
        "mean        50.00       100.00      +50.00\n");
}

TEST_CASE("two equal results differ in nothing") {
  const Evaluation once = Evaluate(Truth(), Found(), {});
  CHECK(ComparisonTable(once, once, "a", "b", Pets()).find("found") == std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(ComparisonJson(once, once, "a", "b", Pets()));
  CHECK(json["classes"][0]["first"] == json["classes"][0]["second"]);
  CHECK(json["classes"][1]["first"]["average_precision"].is_null());
  CHECK(json["first"]["name"] == "a");
}
