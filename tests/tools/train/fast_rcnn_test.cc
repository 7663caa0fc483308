// Fast R-CNN as a user trains and runs it, on a network of random weights and pictures of coloured
// rectangles.

#include <nlohmann/json.hpp>
#include <string>

#include "core/files/file.h"
#include "detector/model/model_file.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {
namespace {

struct Fixture : test::TrainingGround {
  int TrainFastRcnn(const std::string& output, const std::string& more = "") const {
    return Train(
        "fast-rcnn --output {} --proposals-cache {} --workers 2 --frozen inception_4d --regions 8 "
        "--training-side 96 --short-side 128 --long-side 192 --steps 3 {}",
        Path(output),
        Path("proposals"),
        test::Words(more));
  }
};

TEST_CASE("a detector is trained, learns to choose regions, and detects") {
  const Fixture fixture;
  REQUIRE(fixture.TrainFastRcnn("a", "--holdout 0.4 --validate-every 3") == kDone);
  const Model model = LoadModel(fixture.Path("a"));
  CHECK(model.picture_scale == PictureScale{.short_side_px = 128, .long_side_px = 192});
  CHECK(ReadTextFile(fixture.Path("a") + ".svg").find("validation") != std::string::npos);

  REQUIRE(
      test::Run("train ranker --data {} --set train --model {} --output {} --proposals-cache {} "
                "--pictures 6 --holdout 0.4 --workers 2",
                fixture.data,
                fixture.Path("a"),
                fixture.Path("ranked"),
                fixture.Path("proposals")) == kDone);
  CHECK(LoadModel(fixture.Path("ranked")).ranker.has_value());
  CHECK_THROWS_WITH(test::Run("train boxes --data {} --set train --model {} --output {}",
                              fixture.data,
                              fixture.Path("ranked"),
                              fixture.Path("boxes")),
                    Catch::Contains("trained with its network"));
  test::CapturedOutput output;
  REQUIRE(test::Run("detect --data {} --set train --model {} --max-regions 5 --output {} --json",
                    fixture.data,
                    fixture.Path("ranked"),
                    fixture.Path("found")) == kDone);
  const nlohmann::json found = nlohmann::json::parse(output.Text());
  CHECK(found["proposals"] == 5 * found["pictures"].get<int>());
}

TEST_CASE("train all makes a detector that looks once, and says what came of it") {
  const Fixture fixture;
  test::CapturedOutput output;
  REQUIRE(test::Run("train all --data {} --set train --backbone {} --output {} "
                    "--steps 2 --holdout 0.4 --workers 2 --json",
                    fixture.data,
                    fixture.backbone,
                    fixture.Path("all")) == kDone);
  const nlohmann::json all = nlohmann::json::parse(output.Text());
  CHECK(all["detectors"][0]["fast_rcnn"]["steps"] == 2);
  CHECK(all["detectors"][0]["heads"]["held_out"].contains("voc07"));
  const Model model = LoadModel(fixture.Path("all"));
  CHECK(model.picture_scale.has_value());
  CHECK(model.ranker.has_value());
  CHECK(model.quantization.has_value());
  CHECK_THROWS_WITH(
      test::Run("train all --method faster --data {} --set train --backbone {} --output {}",
                fixture.data,
                fixture.backbone,
                fixture.Path("all")),
      Catch::Contains("expected fast-rcnn or rcnn"));
}

TEST_CASE("a ranker of a detector of crops is refused with a word") {
  const Fixture fixture;
  REQUIRE(test::Run("train svm --data {} --set train --backbone {} --output {} --precision f32 "
                    "--max-training-boxes 10 --no-box-regression",
                    fixture.data,
                    fixture.backbone,
                    fixture.Path("crops")) == kDone);
  CHECK_THROWS_WITH(test::Run("train ranker --data {} --set train --model {} --output {}",
                              fixture.data,
                              fixture.Path("crops"),
                              fixture.Path("ranked")),
                    Catch::Contains("its regions are crops"));
}

TEST_CASE("an option of networks of crops is refused") {
  const Fixture fixture;
  CHECK_THROWS_WITH(fixture.TrainFastRcnn("a", "--micro-batch 4"), Catch::Contains("micro-batch"));
}

TEST_CASE("a side that is no multiple of 32 is refused before any work") {
  const Fixture fixture;
  CHECK_THROWS_WITH(fixture.TrainFastRcnn("a", "--training-side 100"), Catch::Contains("100"));
}

}  // namespace
}  // namespace deeper::tools
