#include "tools/options/foreign_words.h"

#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

const std::vector<std::string> kOfDetection = {"input",
                                               "data",
                                               "model",
                                               "backbone",
                                               "min-score",
                                               "nms-iou",
                                               "workers",
                                               "output",
                                               "short-side"};
const std::vector<std::string> kOfTraining = {"data", "backbone", "steps", "batch", "output"};

TEST_CASE("an option of another program leads to the one that does it here") {
  CHECK(ForeignOptionHint("conf", kOfDetection) ==
        "here it is '--min-score': detections below it are left out");
  for (const auto& [theirs, ours] :
       std::vector<std::pair<std::string, std::string>>{{"conf-thres", "--min-score"},
                                                        {"threshold", "--min-score"},
                                                        {"iou", "--nms-iou"},
                                                        {"imgsz", "--short-side"},
                                                        {"weights", "--model"},
                                                        {"source", "--input"},
                                                        {"project", "--output"},
                                                        {"threads", "--workers"}}) {
    CAPTURE(theirs);
    CHECK_THAT(ForeignOptionHint(theirs, kOfDetection).value(), Catch::Contains(ours));
  }
}

TEST_CASE("where the verb has no such option, another one of it or the reason is told") {
  CHECK_THAT(ForeignOptionHint("weights", kOfTraining).value(), Catch::Contains("--backbone"));
  CHECK_THAT(ForeignOptionHint("epochs", kOfTraining).value(), Catch::Contains("--steps"));
  CHECK_THAT(ForeignOptionHint("batch-size", kOfTraining).value(), Catch::Contains("--batch"));
  CHECK_THAT(ForeignOptionHint("batch-size", kOfDetection).value(), Catch::Contains("one by one"));
  CHECK_THAT(ForeignOptionHint("device", kOfDetection).value(), Catch::Contains("processor"));
  CHECK_THAT(ForeignOptionHint("imgsz", kOfTraining).value(), Catch::Contains("any size"));
}

TEST_CASE("capitals and underscores make no foreign word") {
  CHECK(ForeignOptionHint("min_score", kOfDetection) == "did you mean '--min-score'?");
  CHECK(ForeignOptionHint("Conf_Thres", kOfDetection) == ForeignOptionHint("conf", kOfDetection));
  CHECK_FALSE(ForeignOptionHint("zebra", kOfDetection));
}

TEST_CASE("a verb of another program leads to the one that does it here") {
  CHECK(ForeignVerb("predict") == "detect");
  CHECK(ForeignVerb("VAL") == "evaluate");
  CHECK(ForeignVerb("export") == "model export");
  CHECK_FALSE(ForeignVerb("zebra"));
}

}  // namespace
}  // namespace deeper::tools
