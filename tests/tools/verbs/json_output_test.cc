// --json of the verbs that train and write: one object on stdout that other programs can read.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "detector/model/model.h"
#include "detector/multibox/multibox_file.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {
namespace {

using Json = nlohmann::json;
using Verb = int (*)(const Arguments&);

struct Fixture : test::TrainingGround {
  Json Run(Verb verb, std::vector<std::string> words) const {
    words.emplace_back("--json");
    test::CapturedOutput output;
    const int status = verb(words);
    const std::string text = output.Text();
    CAPTURE(text);
    REQUIRE(status == kDone);
    REQUIRE(Json::accept(text));  // one object and nothing else
    return Json::parse(text);
  }
  // On the data set.
  Json RunOn(Verb verb,
             std::vector<std::string> words,
             const std::vector<std::string>& more) const {
    words.insert(words.end(), {"--data", data, "--set", "train"});
    words.insert(words.end(), more.begin(), more.end());
    return Run(verb, words);
  }
};

TEST_CASE(
    "a training of classifiers tells its worth on held-out pictures, and what follows it too") {
  const Fixture fixture;
  const std::string model = fixture.Path("model");
  const Json heads = fixture.RunOn(RunTrain,
                                   {"svm"},
                                   {"--backbone",
                                    fixture.backbone,
                                    "--output",
                                    model,
                                    "--precision",
                                    "f32",
                                    "--max-training-boxes",
                                    "40",
                                    "--box-iou",
                                    "0.5",
                                    "--holdout",
                                    "0.4"});
  CHECK(heads["training"] == "svm");
  CHECK(heads["output"] == model);
  CHECK(heads["classifiers"] == "svm");
  CHECK(heads["pictures"]["training"].get<int>() + heads["pictures"]["held_out"].get<int>() ==
        test::kPictures);
  CHECK(heads["held_out"]["voc07"]["mean_average_precision"].is_number());
  CHECK(heads["seconds"] > 0);

  const Json detect =
      fixture.RunOn(RunDetect,
                    {"--model", model},
                    {"--precision", "f32", "--no-drawings", "--output", fixture.Path("found")});
  CHECK(detect["pictures"] == test::kPictures);
  CHECK(detect["failed"] == 0);
  CHECK(detect["detections"] > 0);
  CHECK(detect["core_seconds"]["network"] > 0);

  const Json calibrate = fixture.RunOn(RunTrain,
                                       {"calibrate"},
                                       {"--model",
                                        model,
                                        "--detections",
                                        fixture.Path("found/detections.jsonl"),
                                        "--output",
                                        fixture.Path("calibrated.safetensors")});
  CHECK(calibrate["operating_points"]["red"].is_number());
  const Json boxes = fixture.RunOn(RunTrain,
                                   {"boxes"},
                                   {"--model",
                                    model,
                                    "--backbone",
                                    fixture.backbone,
                                    "--precision",
                                    "f32",
                                    "--box-iou",
                                    "0.5",
                                    "--output",
                                    fixture.Path("moved")});
  CHECK(boxes["regressors"] == 1);
  CHECK(boxes["pictures"]["training"] == test::kPictures);

  const Json info = fixture.Run(RunModel, {"info", fixture.Path("calibrated.safetensors")});
  CHECK(info["options"]["scores"] == "probabilities");
  CHECK(info["options"]["vote-iou"] == "0.4");
  CHECK(fixture.Run(RunModel, {"info"})["parameters"] == 6998552);
}

TEST_CASE("a training of all parts tells the labels, the losses and what was kept") {
  const Fixture fixture;
  const Json all = fixture.RunOn(RunTrain,
                                 {"all"},
                                 {"--backbone",
                                  fixture.backbone,
                                  "--output",
                                  fixture.Path("model"),
                                  "--precision",
                                  "f32",
                                  "--steps",
                                  "1",
                                  "--frozen",
                                  "inception_5b",
                                  "--holdout",
                                  "0.4",
                                  "--max-training-boxes",
                                  "20",
                                  "--multibox-steps",
                                  "2"});
  CHECK(all["training"] == "all");
  CHECK(all["multibox"]["boxes"] == test::kPictures);
  CHECK(all["multibox"]["steps"] == 2);
  const std::optional<MultiBox> multibox = LoadModel(fixture.Path("model")).multibox;
  REQUIRE(multibox);
  CHECK(multibox->priors == LoadMultiBox(fixture.Path("model.work/multibox.safetensors")).priors);
  CHECK(all["labels"][0]["objects"] == test::kPictures);
  CHECK(all["detectors"][0]["finetune"]["steps"] == 1);
  CHECK(all["detectors"][0]["finetune"]["loss"] > 0);
  CHECK(all["detectors"][0]["finetune"]["validation"].contains("accuracy"));
  CHECK(all["detectors"][0]["finetune"]["regions"]["training"]["foreground"] > 0);
  CHECK(all["detectors"][0]["heads"]["output"] == fixture.Path("model"));
  CHECK(all["detectors"][0]["heads"]["scores"] == "probabilities");
  CHECK(all["seconds"] >= all["detectors"][0]["finetune"]["seconds"]);
}

}  // namespace
}  // namespace deeper::tools
