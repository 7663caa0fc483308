#include "backbone/training/training_plan.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "backbone/rows.h"
#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

std::size_t CountOf(const std::vector<Blob>& blobs) {
  std::size_t count = 0;
  for (const Blob& blob : blobs) count += blob.shape.Count();
  return count;
}

TEST_CASE("training everything has as many parameters as the paper's network with its two heads") {
  // 6,998,552 without heads. A head on 512 channels: 512 x 128 + 128, 2048 x 1024 + 1024, 1024 x
  // 1000 + 1000.
  const std::size_t head4a = 512 * 128 + 128 + 2048 * 1024 + 1024 + 1024 * 1000 + 1000;
  const std::size_t head4d = head4a + (528 - 512) * 128;
  CHECK(CountOf(TrainedBlobs(PlanTraining({}), 1000)) == 6'998'552 + head4a + head4d);
  CHECK(CountOf(TrainedBlobs(PlanTraining({.auxiliary_heads = false}), 1000)) == 6'998'552);
}

TEST_CASE("what is frozen and what is trained are together the layers of the network, in order") {
  for (const std::string row :
       {"", "stem", "inception_3a", "inception_3b", "inception_4e", "inception_5b"}) {
    CAPTURE(row);
    std::vector<Layer> layers = FrozenLayers(row);
    const TrainingPlan plan = PlanTraining({.frozen = row, .auxiliary_heads = false});
    CHECK(plan.input == (layers.empty() ? "data" : layers.back().output));
    layers.insert(layers.end(), plan.layers.begin(), plan.layers.end());
    CHECK(layers == GoogLeNetLayers());
  }
}

TEST_CASE("a frozen row takes the max pool behind it along, which makes its output smaller") {
  CHECK(PlanTraining({.frozen = "inception_3b"}).input_shape == Shape{1, 480, 14, 14});
  CHECK(PlanTraining({.frozen = "inception_4b"}).input_shape == Shape{1, 512, 14, 14});
  CHECK(PlanTraining({.frozen = "inception_4e"}).input_shape == Shape{1, 832, 7, 7});
  CHECK(PlanTraining({.frozen = "stem"}).input_shape == Shape{1, 192, 28, 28});
}

TEST_CASE("auxiliary heads that read a frozen row are left out") {
  CHECK(PlanTraining({.frozen = "inception_3b"}).heads.size() == 3);
  CHECK(PlanTraining({.frozen = "inception_4a"}).heads.size() == 2);
  CHECK(PlanTraining({.frozen = "inception_4d"}).heads.size() == 1);
}

TEST_CASE("every layer stands behind those that it reads") {
  const TrainingPlan plan = PlanTraining({});
  std::set<std::string> written = {plan.input};
  for (const Layer& layer : plan.layers) {
    CAPTURE(layer.name);
    CHECK(written.contains(layer.input));
    written.insert(layer.output);
  }
  for (const TrainingHead& head : plan.heads) CHECK(written.contains(head.input));
}

TEST_CASE("a head on the map stands where the global average does, on whatever is frozen") {
  for (const std::string row : {"", "inception_4e", "inception_5b"}) {
    CAPTURE(row);
    const TrainingPlan average = PlanTraining({.frozen = row, .auxiliary_heads = false});
    const TrainingPlan map =
        PlanTraining({.frozen = row, .auxiliary_heads = false, .main_head = MainHead::kMap});
    CHECK(map.input == (row == "inception_5b" ? "inception_5b/output" : average.input));
    CHECK(map.input_shape == average.input_shape);
    CHECK(map.layers.size() == average.layers.size() + 1);
    // 1024 x 64 + 64, 64 x 7 x 7 x 512 + 512, and 512 instead of 1024 features for 10 outputs.
    CHECK(CountOf(TrainedBlobs(map, 10)) - CountOf(TrainedBlobs(average, 10)) ==
          1024 * 64 + 64 + 64 * 49 * 512 + 512 - 512 * 10);
  }
}

TEST_CASE("an unknown row is refused with the known ones, rates out of range by name") {
  CHECK_THROWS_WITH(PlanTraining({.frozen = "inception_6a"}),
                    Catch::Contains("inception_6a") && Catch::Contains("stem, inception_3a"));
  CHECK_THROWS_WITH(PlanTraining({.dropout = 1}), Catch::Contains("dropout is 1"));
  CHECK_THROWS_AS(PlanTraining({.auxiliary_weight = -1}), Error);
}

TEST_CASE("missing blobs are drawn with their variance, the same whatever else is missing") {
  const std::vector<Blob> blobs = TrainedBlobs(PlanTraining({}), 21);
  Weights all;
  CHECK(AddMissingBlobs(blobs, 7, all).size() == blobs.size());
  const Tensor& weight = all.at("inception_4e/3x3/weight");
  double squares = 0;
  for (const float value : weight.data) squares += std::pow(static_cast<double>(value), 2);
  CHECK(squares / static_cast<double>(weight.data.size()) == Approx(1.0 / (160 * 9)).epsilon(0.02));

  double classifier_squares = 0;
  for (const float value : all.at("loss3/classifier/weight").data)
    classifier_squares += std::pow(static_cast<double>(value), 2);
  CHECK(std::sqrt(classifier_squares / (21 * 1024)) == Approx(0.01).epsilon(0.02));

  Weights some = all;
  some.erase("loss3/classifier/weight");
  some["loss1/fc/weight"] = MakeTensor({1, 2, 3, 4});
  CHECK(AddMissingBlobs(blobs, 7, some) ==
        std::vector<std::string>{"loss1/fc/weight", "loss3/classifier/weight"});
  CHECK(some == all);
}

TEST_CASE("dropout drops its rate and keeps the mean") {
  const TrainingHead head = {.classifier = "loss1/classifier",
                             .input = "loss1/fc",
                             .features = 100'000,
                             .dropout = 0.7,
                             .loss_weight = 1};
  const std::vector<float> mask = DropoutMask(head, 3);
  const auto dropped = std::count(mask.begin(), mask.end(), 0.0F);
  CHECK(static_cast<double>(dropped) / 100'000 == Approx(0.7).margin(0.01));
  double sum = 0;
  for (const float entry : mask) sum += static_cast<double>(entry);
  CHECK(sum / 100'000 == Approx(1).margin(0.02));
  CHECK(DropoutMask(head, 4) != mask);
  CHECK(DropoutMask(head, 3) == mask);
}

}  // namespace
}  // namespace deeper
