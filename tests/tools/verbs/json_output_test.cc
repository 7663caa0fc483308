// --json of the verbs that train and write: one object on stdout that other programs can read.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "detector/model/model_file.h"
#include "detector/multibox/multibox.h"
#include "detector/multibox/multibox_file.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/tools/run_verb.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {
namespace {

using Json = nlohmann::json;

// The object that "deeper <text> --json" prints.
template <typename... Values>
Json RunJson(std::string_view text, const Values&... values) {
  test::CapturedOutput output;
  const int status = test::Run("{} --json", test::Words(text, values...));
  const std::string said = output.Text();
  CAPTURE(said);
  REQUIRE(status == kDone);
  REQUIRE(Json::accept(said));  // one object and nothing else
  return Json::parse(said);
}

struct Fixture : test::TrainingGround {
  // On the data set.
  template <typename... Values>
  Json RunOn(std::string_view text, const Values&... values) const {
    return RunJson("{} --data {} --set train", test::Words(text, values...), data);
  }
};

TEST_CASE(
    "a training of classifiers tells its worth on held-out pictures, and what follows it too") {
  const Fixture fixture;
  const std::string model = fixture.Path("model");
  const Json heads = fixture.RunOn(
      "train svm --backbone {} --output {} --precision f32 --max-training-boxes 40 --box-iou 0.5 "
      "--holdout 0.4",
      fixture.backbone,
      model);
  CHECK(heads["training"] == "svm");
  CHECK(heads["output"] == model);
  CHECK(heads["classifiers"] == "svm");
  CHECK(heads["pictures"]["training"].get<int>() + heads["pictures"]["held_out"].get<int>() ==
        test::kPictures);
  CHECK(heads["held_out"]["voc07"]["mean_average_precision"].is_number());
  CHECK(heads["seconds"] > 0);

  const Json detect = fixture.RunOn(
      "detect --model {} --precision f32 --no-drawings --output {}", model, fixture.Path("found"));
  CHECK(detect["pictures"] == test::kPictures);
  CHECK(detect["failed"] == 0);
  CHECK(detect["detections"] > 0);
  CHECK(detect["core_seconds"]["network"] > 0);

  const Json calibrate = fixture.RunOn("train calibrate --model {} --detections {} --output {}",
                                       model,
                                       fixture.Path("found/detections.jsonl"),
                                       fixture.Path("calibrated.safetensors"));
  CHECK(calibrate["operating_points"]["red"].is_number());
  const Json boxes = fixture.RunOn(
      "train boxes --model {} --backbone {} --precision f32 --box-iou 0.5 --output {}",
      model,
      fixture.backbone,
      fixture.Path("moved"));
  CHECK(boxes["regressors"] == 1);
  CHECK(boxes["pictures"]["training"] == test::kPictures);

  const Json info = RunJson("model info {}", fixture.Path("calibrated.safetensors"));
  CHECK(info["options"]["scores"] == "probabilities");
  CHECK(info["options"]["vote-iou"] == "0.4");
  CHECK(RunJson("model info")["parameters"] == 6998552);
}

TEST_CASE("a training of all parts tells the labels, the losses and what was kept") {
  const Fixture fixture;
  const Json all = fixture.RunOn(
      "train all --method rcnn --backbone {} --output {} --precision f32 --steps 1 --frozen "
      "inception_5b "
      "--holdout 0.4 --max-training-boxes 20 --multibox-steps 2",
      fixture.backbone,
      fixture.Path("model"));
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
