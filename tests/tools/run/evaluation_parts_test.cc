#include "tools/run/evaluation_parts.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "eval/align.h"
#include "eval/report/report_text.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/run_verb.h"
#include "tools/options/exit_status.h"
#include "tools/run/parts.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kClasses = 5;
constexpr std::array kProtocols = {
    Protocol::kIlsvrc, Protocol::kVoc07, Protocol::kVoc12, Protocol::kCoco};

struct Case {
  Dataset truth;
  DetectionSet found;
};

// Pictures with objects of the first four classes. Most are found, some at the wrong place.
Case SomeCase() {
  ClassTable classes = ClassTableOf({"a", "b", "\"c\"\n", "d", "nowhere"});
  classes.classes[1].wordnet_id = "n2";
  Case made{.truth = {.name = "some", .classes = classes, .images = {}, .blacklist = {}},
            .found = {.classes = classes, .images = {}}};
  Random random(7);
  for (int i = 0; i < 60; ++i) {
    AnnotatedImage truth{.id = std::to_string(i), .image_path = {}};
    ImageDetections found{.id = truth.id, .detections = {}};
    for (std::uint64_t n = random.Below(5); n > 0; --n) {
      const ClassId id = ClassAt(random.Below(kClasses - 1));
      const auto x0 = static_cast<float>(100 * n);
      const float shift = static_cast<float>(random.Below(40));
      truth.annotations.push_back({.box = {.x0 = x0, .y0 = 0, .x1 = x0 + 90, .y1 = 50},
                                   .class_id = id,
                                   .difficult = random.Below(9) == 0});
      found.detections.push_back(
          {.box = {.x0 = x0 + shift, .y0 = 0, .x1 = x0 + shift + 90, .y1 = 50},
           .class_id = id,
           .score = static_cast<float>(random.Uniform())});
    }
    made.truth.images.push_back(truth);
    made.found.images.push_back(found);
  }
  made.truth.blacklist.insert({3, ClassAt(1)});
  return made;
}

std::vector<Evaluation> EvaluationsOf(const Case& made, const std::vector<ClassId>& only) {
  std::vector<Evaluation> evaluations;
  for (const Protocol protocol : kProtocols) {
    evaluations.push_back(
        Evaluate(made.truth, made.found, {.protocol = protocol, .min_iou = 0.5, .only = only}));
  }
  return evaluations;
}

std::string WholeText(const Case& made) {
  std::string text;
  for (const Evaluation& evaluation : EvaluationsOf(made, {})) {
    text += EvaluationJson(evaluation, made.truth.classes) + "\n";
  }
  return text;
}

EvaluationPart Part(const Case& made, std::size_t index, std::size_t count) {
  const Shard shard{.index = index, .count = count};
  return {.source = "part " + ShardText(shard),
          .text = EvaluationPartText(EvaluationsOf(made, ClassesOfShard(kClasses, shard)),
                                     made.truth.classes,
                                     shard,
                                     DigestOfEvaluation(made.truth, made.found, "rules"))};
}

TEST_CASE("parts of an evaluation in any order join to the bytes of the whole, by each protocol") {
  const Case made = SomeCase();
  for (std::size_t count = 1; count <= kClasses; ++count) {
    CAPTURE(count);
    std::vector<EvaluationPart> parts;
    for (std::size_t index = count; index >= 1; --index) parts.push_back(Part(made, index, count));
    const JoinedEvaluation joined = JoinEvaluationParts(parts);
    CHECK(joined.text == WholeText(made));
    CHECK(joined.class_count == kClasses);
  }
}

TEST_CASE("a class has the same result whichever others are judged") {
  const Case made = SomeCase();
  const std::vector<Evaluation> whole = EvaluationsOf(made, {});
  const std::vector<Evaluation> some = EvaluationsOf(made, {ClassAt(3), ClassAt(1)});
  for (std::size_t p = 0; p < kProtocols.size(); ++p) {
    CAPTURE(p);
    REQUIRE(some[p].classes.size() == 2);
    CHECK(some[p].classes[0] == whole[p].classes[3]);
    CHECK(some[p].classes[1] == whole[p].classes[1]);
  }
}

TEST_CASE("another truth, other detections and other rules have another digest") {
  const Case made = SomeCase();
  const std::string digest = DigestOfEvaluation(made.truth, made.found, "voc07 0.5");
  CHECK(digest == DigestOfEvaluation(made.truth, made.found, "voc07 0.5"));
  CHECK(digest != DigestOfEvaluation(made.truth, made.found, "voc07 0.6"));
  const auto changed = [&](const auto& change) {
    Case other = made;
    change(other);
    return DigestOfEvaluation(other.truth, other.found, "voc07 0.5") != digest;
  };
  CHECK(changed([](Case& other) { other.truth.classes.classes[0].name = "z"; }));
  CHECK(changed([](Case& other) { other.truth.blacklist.clear(); }));
  CHECK(changed([](Case& other) { other.truth.images[9].id = "z"; }));
  for (std::size_t i = 0; i < made.truth.images.size(); ++i) {
    if (made.truth.images[i].annotations.empty()) continue;
    CHECK(changed([&](Case& other) { other.truth.images[i].annotations[0].box.x1 += 1; }));
    CHECK(changed([&](Case& other) { other.truth.images[i].annotations[0].difficult ^= true; }));
    CHECK(changed([&](Case& other) { other.truth.images[i].annotations[0].area_px = 5; }));
    CHECK(changed([&](Case& other) { other.found.images[i].detections[0].score += 1; }));
    CHECK(changed([&](Case& other) { other.found.images[i].detections.pop_back(); }));
  }
}

TEST_CASE(
    "parts that are missing, there twice, of another evaluation or none are refused by name") {
  const Case made = SomeCase();
  CHECK_THROWS_WITH(JoinEvaluationParts({Part(made, 1, 3), Part(made, 3, 3)}),
                    Catch::Contains("parts of an evaluation: 2/3"));
  Case other = made;
  other.found.images[0].detections.clear();
  other.found.images[1].detections.clear();
  CHECK_THROWS_WITH(
      JoinEvaluationParts({Part(made, 1, 2), Part(other, 2, 2)}),
      Catch::Contains("part 1/2 and part 2/2") && Catch::Contains("not parts of one evaluation"));
  const std::string whole = WholeText(made);
  const std::string good = Part(made, 1, 1).text;
  const auto with_count = [&](const std::string& count) {
    const std::string key = "\"objects\": ";
    const std::size_t begin = good.find(key) + key.size();
    return good.substr(0, begin) + count + good.substr(good.find(',', begin));
  };
  for (const std::string& text : {whole,
                                  std::string("{}"),
                                  std::string("["),
                                  good.substr(0, good.size() / 2),
                                  with_count("1e89"),
                                  with_count("-1"),
                                  with_count("null")}) {
    CHECK_THROWS_WITH(JoinEvaluationParts({{.source = "x.json", .text = text}}),
                      Catch::Contains("x.json: is no part"));
  }
}

// By the verbs, on the cases whose answers the official code gave.
void CheckVerbs(const std::vector<std::string>& words, const std::vector<std::size_t>& counts) {
  const test::TemporaryDirectory directory;
  const test::CapturedOutput quiet;
  const auto evaluate = [&](const std::string& output, std::size_t shard, std::size_t count) {
    return test::Run(
        "evaluate {} --output {} --shard {}/{}", words, directory / output, shard, count);
  };
  REQUIRE(evaluate("whole.json", 1, 1) == kDone);
  for (const std::size_t count : counts) {
    CAPTURE(count);
    const std::string name = fmt::format("cut-{}.json", count);
    std::vector<std::string> parts;
    for (std::size_t i = 1; i <= count; ++i) {
      REQUIRE(evaluate(name, i, count) == kDone);
      parts.push_back(
          (directory.path() / fmt::format("{}.part-{}-of-{}.json", name, i, count)).string());
    }
    CHECK_FALSE(fs::exists(directory.path() / name));
    REQUIRE(test::Run("merge {}", parts) == kDone);
    CHECK(ReadTextFile(directory.path() / name) == ReadTextFile(directory.path() / "whole.json"));
  }
}

TEST_CASE("shards of an evaluation by COCO's and VOC's rules merge to its bytes") {
  DEEPER_REQUIRE_DATA(data);
  const fs::path coco = data / "eval_cases/coco";
  CheckVerbs(test::Words("--data coco:{} --detections {} --metric coco,voc07,voc12",
                         coco / "ground_truth.json",
                         coco / "detections.json"),
             {2, 7});
}

TEST_CASE("what needs all classes is refused of a shard") {
  const Case made = SomeCase();
  const test::TemporaryDirectory directory;
  const std::string truth = (directory.path() / "truth.csv").string();
  WriteFileWhole(truth, "image,class,x0,y0,x1,y1\n1,cat,0,0,9,9\n1,dog,0,0,9,9\n");
  const std::string nothing = (directory.path() / "none.jsonl").string();
  WriteFileWhole(nothing, "");
  const auto evaluate = [&](std::string_view more) {
    return test::Run(
        "evaluate --data csv:{} --detections {} --shard 1/2 {}", truth, nothing, test::Words(more));
  };
  CHECK_THROWS_WITH(evaluate(""), Catch::Contains("needs --output"));
  for (const std::string& more : {"--report " + (directory.path() / "r").string(),
                                  std::string("--bootstrap"),
                                  std::string("--min-map 0.5"),
                                  "--proposals " + nothing}) {
    CAPTURE(more);
    CHECK_THROWS_WITH(evaluate(more),
                      Catch::Contains(more.substr(0, more.find(' ')) + " needs all classes"));
  }
  CHECK_THROWS_WITH(evaluate("--compare voc07 voc12"),
                    Catch::Contains("--shard is not read with --compare"));
}

}  // namespace
}  // namespace deeper::tools
