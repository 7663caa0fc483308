#include "tools/serve/truth.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;

constexpr ClassId kCat{0};
constexpr ClassId kDog{1};

// A picture with nothing, and one of two dogs, of which one is difficult, and a cat.
Truth TruthOfDogs(const EvaluationOptions& rules = {}) {
  return {
      {.name = "dogs",
       .classes = ClassTableOf({"cat", "dog"}),
       .images = {{.id = "empty", .image_path = {}, .width = 100, .height = 100},
                  {.id = "dogs",
                   .image_path = {},
                   .width = 100,
                   .height = 100,
                   .annotations = {{.box = {0, 0, 40, 40}, .class_id = kDog},
                                   {.box = {60, 60, 90, 90}, .class_id = kDog, .difficult = true},
                                   {.box = {0, 60, 40, 100}, .class_id = kCat}}}},
       .blacklist = {}},
      rules};
}

std::string Record(const std::string& detections, int width = 100) {
  return fmt::format(R"({{"image":"of another name","width":{},"height":100,"detections":[{}]}})",
                     width,
                     detections);
}

std::string Found(const std::string& name, double score, const std::string& box) {
  return fmt::format(R"({{"class":"{}","score":{},"box":[{}]}})", name, score, box);
}

TEST_CASE("each detection has its verdict in the record's order, and the object that decided") {
  const std::vector<std::string> found = {
      Found("dog", 0.3, "0, 0, 40, 38"),     // after a better one
      Found("zebra", 0.9, "0, 0, 40, 40"),   // of a class that the data set does not have
      Found("dog", 0.8, "0, 0, 40, 40"),     //
      Found("dog", 0.7, "60, 60, 90, 90"),   // difficult
      Found("dog", 0.6, "0, 60, 40, 100"),   // the cat
      Found("cat", 0.5, "10, 70, 60, 100"),  // badly
      Found("cat", 0.4, "50, 0, 60, 10")};   // nothing
  const Json told =
      Json::parse(TruthOfDogs().Compare(1, Record(fmt::format("{}", fmt::join(found, ",")))));
  CHECK(told["detections"] == Json::parse(R"([{"verdict":"duplicate","object":0},
                                              {"verdict":"background"},
                                              {"verdict":"found","object":0},
                                              {"verdict":"ignored","object":1},
                                              {"verdict":"class","object":2},
                                              {"verdict":"place","object":2},
                                              {"verdict":"background"}])"));
  REQUIRE(told["objects"].size() == 3);
  CHECK(told["objects"][0] == Json::parse(R"({"class":"dog","box":[0,0,40,40],"counts":true})"));
  CHECK(told["objects"][1]["counts"] == false);
  CHECK(told["objects"][2]["class"] == "cat");
}

TEST_CASE("the rules are those asked for") {
  const std::string record = Record(Found("dog", 0.9, "0, 0, 40, 30"));  // IoU 0.75
  const auto verdict = [&](const EvaluationOptions& rules) {
    return Json::parse(TruthOfDogs(rules).Compare(1, record))["detections"][0]["verdict"];
  };
  CHECK(verdict({.min_iou = 0.75}) == "found");
  CHECK(verdict({.min_iou = 0.8}) == "place");
  const std::string difficult = Record(Found("dog", 0.9, "60, 60, 90, 90"));
  CHECK(Json::parse(TruthOfDogs({.protocol = Protocol::kCoco})
                        .Compare(1, difficult))["detections"][0]["verdict"] == "found");
  CHECK_THROWS_WITH(TruthOfDogs({.min_iou = 2}), Contains("min_iou"));
}

TEST_CASE("a record that is none, or of another size, is refused") {
  const Truth truth = TruthOfDogs();
  CHECK(Json::parse(truth.Compare(0, Record("")))["objects"].empty());
  CHECK_THROWS_WITH(truth.Compare(0, Record("", 99)), Contains("99 x 100"));
  CHECK_THROWS_AS(truth.Compare(0, "{"), Error);
  CHECK_THROWS_WITH(truth.Compare(0, ""), Contains("one picture"));
}

}  // namespace
}  // namespace deeper::tools
