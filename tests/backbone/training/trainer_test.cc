#include "backbone/training/trainer.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "backbone/execution/frozen_part.h"
#include "backbone/precision.h"
#include "backbone/training/losses.h"
#include "core/error.h"
#include "core/files/file.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

constexpr std::size_t kOutputs = 3;
constexpr std::size_t kBatch = 6;

// A small training: inception_5b and a classifier of three classes. The inputs are noise around a
// mean for each class.
struct SmallTraining {
  TrainingNetwork network{{.plan = PlanTraining({.frozen = "inception_5a"}),
                           .precision = Precision::kF32,
                           .outputs = kOutputs,
                           .micro_batch = 2}};
  Weights weights = test::RandomWeights(1, kOutputs);
  TrainerOptions options;

  SmallTraining(const std::filesystem::path& checkpoint, std::size_t workers) {
    options.solver.schedule.rate = 1e-3;
    options.solver.average_decay = 0.9;
    options.batch = kBatch;
    options.workers = workers;
    options.seed = 5;
    options.checkpoint = checkpoint;
    options.recipe = "small training";
  }

  static FillInput Inputs(std::uint64_t step) {
    return [step](std::size_t example, std::size_t, std::span<std::byte> input) {
      Tensor map = test::RandomTensor({1, 832, 7, 7}, 1000 * step + example, 0, 1);
      for (std::size_t i = 0; i < map.data.size(); ++i) {
        if (i / (7 * 7) % kOutputs == example % kOutputs) map.data[i] += 1;
      }
      kernels::ToNhwc(map, {kernels::ElementType::kF32}, input);
    };
  }
  static double Loss(std::size_t example,
                     std::span<const float> scores,
                     std::span<float> gradient) {
    return SoftmaxLoss(scores, example % kOutputs, gradient);
  }
};

// Trains to `steps` steps, saving after each.
SolverState TrainTo(std::uint64_t steps,
                    const std::filesystem::path& checkpoint,
                    std::size_t workers) {
  SmallTraining training(checkpoint, workers);
  Trainer trainer(
      training.network, training.weights, {"loss3/classifier/weight"}, training.options);
  while (trainer.state().step < steps) {
    trainer.RunStep(SmallTraining::Inputs(trainer.state().step), SmallTraining::Loss);
    trainer.Save();
  }
  return trainer.state();
}

TEST_CASE("the same training gives the same weights, bit for bit, with several workers") {
  const test::TemporaryDirectory directory;
  for (const std::size_t workers : {1U, 2U, 3U}) {
    CAPTURE(workers);
    const std::string name = std::to_string(workers);
    CHECK(TrainTo(4, directory / ("a" + name), workers) ==
          TrainTo(4, directory / ("b" + name), workers));
    CHECK(ReadFile(directory / ("a" + name)) == ReadFile(directory / ("b" + name)));
  }
}

TEST_CASE("a stopped training that goes on gives what it gives without a stop") {
  const test::TemporaryDirectory directory;
  TrainTo(2, directory / "stopped", 2);
  CHECK(TrainTo(5, directory / "stopped", 2) == TrainTo(5, directory / "whole", 2));
}

TEST_CASE("a training killed again and again gives what it gives when left alone") {
  constexpr std::uint64_t kSteps = 6;
  const test::TemporaryDirectory directory;
  TrainTo(kSteps, directory / "whole", 2);
  int kills = 0;
  for (int attempt = 0; attempt < 200; ++attempt) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      TrainTo(kSteps, directory / "killed", 2);
      std::_Exit(0);
    }
    // Later and later, so that every part of a step is hit and the training still progresses.
    std::this_thread::sleep_for(std::chrono::milliseconds(50 + 37 * attempt));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status)) {
      REQUIRE(WEXITSTATUS(status) == 0);
      break;
    }
    ++kills;
  }
  CHECK(kills > 2);
  CHECK(ReadFile(directory / "killed") == ReadFile(directory / "whole"));
}

TEST_CASE("training learns: the loss falls, and unseen examples get their class") {
  const test::TemporaryDirectory directory;
  SmallTraining training(directory / "checkpoint", 2);
  Trainer trainer(training.network, training.weights, {}, training.options);
  double first_loss = 0;
  double last_loss = 0;
  for (std::uint64_t step = 0; step < 40; ++step) {
    const StepReport report = trainer.RunStep(SmallTraining::Inputs(step), SmallTraining::Loss);
    CHECK(report.step == step);
    if (step < 5) first_loss += report.loss;
    if (step >= 35) last_loss += report.loss;
  }
  CHECK(last_loss < first_loss / 2);

  constexpr std::size_t kUnseen = 31;
  for (const Trainer::Which which : {Trainer::Which::kWeights, Trainer::Which::kAverages}) {
    std::size_t right = 0;
    std::vector<std::size_t> order;
    trainer.Score(which,
                  kUnseen,
                  SmallTraining::Inputs(99),
                  [&](std::size_t example, std::span<const float> scores) {
                    order.push_back(example);
                    const auto best = std::max_element(scores.begin(), scores.end());
                    right += static_cast<std::size_t>(best - scores.begin()) == example % kOutputs;
                  });
    CHECK(right >= 28);
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK(order.size() == kUnseen);
  }
}

TEST_CASE("an error in a worker reaches the caller") {
  const test::TemporaryDirectory directory;
  SmallTraining training(directory / "checkpoint", 2);
  Trainer trainer(training.network, training.weights, {}, training.options);
  const FillInput broken = [](std::size_t example, std::size_t, std::span<std::byte>) {
    if (example == 3) throw Error("picture 3 is gone");
  };
  CHECK_THROWS_WITH(trainer.RunStep(broken, SmallTraining::Loss), "picture 3 is gone");
}

}  // namespace
}  // namespace deeper
