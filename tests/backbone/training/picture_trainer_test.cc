#include "backbone/training/picture_trainer.h"

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backbone/training/losses.h"
#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

// The training over whole pictures: its gradients against differences of its loss, and that neither
// the number of workers nor a stop in between changes a bit.

namespace deeper {
namespace {

using kernels::RegionWindow;

constexpr std::size_t kOutputs = 3;
constexpr std::size_t kProfileOutputs = 2;
constexpr std::size_t kAllOutputs = kOutputs + kProfileOutputs;
constexpr std::size_t kPictures = 2;
const std::vector<MapSize> kSizes = {{.height = 64, .width = 96}, {.height = 96, .width = 64}};
const std::vector<RegionWindow> kWindows = {{.x0 = 4, .y0 = 2, .x1 = 40, .y1 = 60},
                                            {.x0 = -8, .y0 = 10, .x1 = 60, .y1 = 50},
                                            {.x0 = 30, .y0 = 20, .x1 = 110, .y1 = 80}};

void FillExample(std::size_t picture, std::size_t, PictureInput& input) {
  const auto [height, width] = kSizes[picture];
  input.picture = test::RandomTensor({1, 3, height, width}, 10 + picture, -100, 150);
  input.windows = kWindows;
}

double LossOf(std::size_t picture,
              std::size_t window,
              std::span<const float> scores,
              std::span<float> gradient) {
  const std::vector<float> targets = {0.5F, static_cast<float>(window) - 1.2F};
  return SoftmaxLoss(
             scores.first(kOutputs), (picture + window) % kOutputs, gradient.first(kOutputs)) +
         SmoothL1Loss(scores.subspan(kOutputs), targets, gradient.subspan(kOutputs));
}

PictureBatch Batch() {
  return {.sizes = kSizes, .fill = FillExample, .choose = {}, .loss = LossOf};
}

PictureTrainerOptions Options(const std::filesystem::path& checkpoint = "none") {
  PictureTrainerOptions options;
  options.solver.schedule = {.kind = ScheduleKind::kStep, .rate = 1e-3, .every = 1000};
  options.solver.momentum = 0;
  options.solver.weight_decay = 0;
  options.solver.bias_rate = 1;
  options.solver.new_layer_rate = 1;
  options.frozen = "inception_4c";
  options.outputs = kOutputs;
  options.profile_outputs = kProfileOutputs;
  options.pictures = kPictures;
  options.regions = kWindows.size();
  options.checkpoint = checkpoint;
  options.recipe = "test\n";
  return options;
}

Weights InitialWeights() {
  Weights weights = test::RandomWeights(1, kOutputs);
  AddMissingBlobs(
      PictureTrainer::TrainedBlobs(Options().frozen, kOutputs, kProfileOutputs), 3, weights);
  return weights;
}

double LossAt(const Weights& weights) {
  PictureTrainer trainer(weights, {}, Options());
  return trainer.RunStep(Batch()).loss;
}

TEST_CASE("gradients agree with differences of the loss, in the regions and in the trunk") {
  const Weights weights = InitialWeights();
  const double rate = Options().solver.schedule.rate;
  PictureTrainer trainer(weights, {}, Options());
  trainer.RunStep(Batch());
  for (const std::string layer : {"inception_4d/3x3",
                                  "inception_4d/pool_proj",
                                  "inception_4e/1x1",
                                  "inception_4e/5x5_reduce",
                                  "inception_5a/3x3",
                                  "inception_5b/1x1",
                                  "loss3/classifier",
                                  "profiles"}) {
    for (const std::string& name : {WeightName(layer), BiasName(layer)}) {
      CAPTURE(name);
      const Tensor& before = weights.at(name);
      const Tensor& after = trainer.state().weights.at(name);
      std::vector<double> gradient(before.data.size());
      double square = 0;
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        gradient[i] = (double{before.data[i]} - double{after.data[i]}) / rate;
        square += gradient[i] * gradient[i];
      }
      REQUIRE(square > 0);
      // A step along the gradient that changes the loss by about 0.01 to each side.
      const double step = 0.01 / square;
      const auto loss_moved = [&](double by) {
        Weights moved = weights;
        for (std::size_t i = 0; i < gradient.size(); ++i)
          moved.at(name).data[i] = static_cast<float>(double{before.data[i]} + by * gradient[i]);
        return LossAt(moved);
      };
      const double slope = (loss_moved(step) - loss_moved(-step)) / (2 * step);
      CHECK(std::abs(slope / square - 1) <= 0.02);
    }
  }
}

TEST_CASE("frozen rows keep their weights") {
  const Weights weights = InitialWeights();
  PictureTrainer trainer(weights, {}, Options());
  trainer.RunStep(Batch());
  for (const std::string layer : {"conv1/7x7_s2", "inception_3a/3x3", "inception_4c/pool_proj"})
    CHECK(trainer.state().weights.at(WeightName(layer)) == weights.at(WeightName(layer)));
  CHECK(trainer.state().weights.at("inception_4d/1x1/weight") !=
        weights.at("inception_4d/1x1/weight"));
}

TEST_CASE("the number of workers changes no bit, and neither does a stop") {
  const test::TemporaryDirectory directory;
  const auto run = [&](std::size_t workers, const std::string& name, int steps, bool resumed) {
    PictureTrainerOptions options = Options(directory / name);
    options.solver.momentum = 0.9;
    options.solver.average_decay = 0.5;
    options.workers = workers;
    if (resumed) {
      PictureTrainer first(InitialWeights(), {}, options);
      first.RunStep(Batch());
      first.Save();
      steps -= 1;
    }
    PictureTrainer trainer(InitialWeights(), {}, options);
    for (int i = 0; i < steps; ++i) trainer.RunStep(Batch());
    return trainer.state();
  };
  const SolverState one = run(1, "one", 3, false);
  CHECK(run(2, "two", 3, false) == one);
  CHECK(run(3, "three", 3, false) == one);
  CHECK(run(2, "resumed", 3, true) == one);
}

TEST_CASE("only the windows that are chosen are learned from") {
  PictureTrainerOptions options = Options();
  options.regions = 1;
  PictureBatch batch = Batch();
  std::vector<std::size_t> learned(kPictures, 99);
  batch.choose = [&](std::size_t picture, std::span<const float> scores) {
    CHECK(scores.size() == kWindows.size() * kAllOutputs);
    return std::vector<std::size_t>{1 + picture};
  };
  batch.loss = [&](std::size_t picture,
                   std::size_t window,
                   std::span<const float> scores,
                   std::span<float> gradient) {
    learned[picture] = window;
    return LossOf(picture, window, scores, gradient);
  };
  PictureTrainer trainer(InitialWeights(), {}, options);
  trainer.RunStep(batch);
  CHECK(learned == std::vector<std::size_t>{1, 2});
}

TEST_CASE("scores are those of all windows, by the averages of the weights") {
  PictureTrainer trainer(InitialWeights(), {}, Options());
  const auto scores = [&] {
    std::vector<std::vector<float>> found(kPictures);
    trainer.Score(kSizes, FillExample, [&](std::size_t picture, std::span<const float> given) {
      found[picture].assign(given.begin(), given.end());
    });
    return found;
  };
  const std::vector<std::vector<float>> before = scores();
  CHECK(before[0].size() == kWindows.size() * kAllOutputs);
  CHECK(scores() == before);
  trainer.RunStep(Batch());
  CHECK(scores() != before);
}

TEST_CASE("a training of another recipe is refused") {
  const test::TemporaryDirectory directory;
  PictureTrainerOptions options = Options(directory / "checkpoint");
  PictureTrainer(InitialWeights(), {}, options).Save();
  options.recipe = "another\n";
  CHECK_THROWS_WITH(PictureTrainer(InitialWeights(), {}, options), Catch::Contains("another"));
}

}  // namespace
}  // namespace deeper
