#include "backbone/training/trainer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "backbone/training/checkpoint.h"
#include "backbone/training/training_worker.h"
#include "backbone/training/worker_threads.h"
#include "core/error.h"
#include "core/random.h"

namespace deeper {
namespace {

const TrainerOptions& Validated(const TrainerOptions& options) {
  options.solver.Validate();
  Expects(options.batch > 0 && options.workers > 0, "batch > 0 and workers > 0");
  return options;
}

}  // namespace

Trainer::Trainer(TrainingNetwork& network,
                 Weights weights,
                 std::set<std::string> new_blobs,
                 const TrainerOptions& options)
    : network_(&network), new_blobs_(std::move(new_blobs)), options_(Validated(options)) {
  std::optional<SolverState> resumed =
      ResumedSolver(options_.recipe, options_.checkpoint, network.blobs());
  state_ = resumed ? std::move(*resumed) : BeginSolver(network.blobs(), std::move(weights));
  for (std::size_t i = 0; i < options_.workers; ++i) workers_.emplace_back(network);
}

Trainer::~Trainer() = default;

StepReport Trainer::RunStep(const FillInput& fill, const ExampleLoss& loss) {
  const std::size_t micro_batch = network_->options().micro_batch;
  const std::size_t micro_batches = (options_.batch + micro_batch - 1) / micro_batch;
  const float scale = 1 / static_cast<float>(options_.batch);
  network_->Load(state_.weights);
  // The seeds of the examples' dropout.
  Random random(options_.seed ^ (0x9E3779B97F4A7C15ULL * (state_.step + 1)));
  std::vector<std::uint64_t> seeds(options_.batch);
  for (std::uint64_t& seed : seeds) seed = random.Next();

  std::vector<LossSums> losses(micro_batches);
  OnThreads(workers_.size(), [&](std::size_t w) {
    workers_[w].ClearGradients();
    for (std::size_t m = w; m < micro_batches; m += workers_.size()) {
      const std::size_t first = m * micro_batch;
      const std::size_t count = std::min(micro_batch, options_.batch - first);
      for (std::size_t i = 0; i < count; ++i) fill(first + i, w, workers_[w].Input(i));
      losses[m] = workers_[w].Train(first, std::span(seeds).subspan(first, count), scale, loss);
    }
  });

  StepReport report = {.step = state_.step, .rate = RateAt(options_.solver.schedule, state_.step)};
  for (const LossSums& sums : losses) {
    report.loss += sums.main / static_cast<double>(options_.batch);
    report.total_loss += sums.total / static_cast<double>(options_.batch);
  }
  const std::span<float> sums = workers_.front().Gradients();
  for (std::size_t w = 1; w < workers_.size(); ++w) {
    const std::span<const float> others = workers_[w].Gradients();
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += others[i];
  }
  workers_.front().UnpackGradients(gradients_);
  ApplyGradients(network_->blobs(), new_blobs_, options_.solver, gradients_, state_);
  return report;
}

void Trainer::Score(Which which, std::size_t count, const FillInput& fill, const TakeScores& take) {
  const std::size_t micro_batch = network_->options().micro_batch;
  const std::size_t outputs = network_->options().outputs;
  network_->Load(which == Which::kWeights ? state_.weights : state_.averages);
  std::vector<float> scores(count * outputs);
  OnThreads(workers_.size(), [&](std::size_t w) {
    for (std::size_t first = w * micro_batch; first < count;
         first += workers_.size() * micro_batch) {
      const std::size_t here = std::min(micro_batch, count - first);
      for (std::size_t i = 0; i < here; ++i) fill(first + i, w, workers_[w].Input(i));
      const std::vector<float> part = workers_[w].Score(here);
      std::copy(
          part.begin(), part.end(), scores.begin() + static_cast<std::ptrdiff_t>(first * outputs));
    }
  });
  for (std::size_t i = 0; i < count; ++i)
    take(i, std::span<const float>(scores).subspan(i * outputs, outputs));
}

void Trainer::Save() const { SaveCheckpoint(state_, options_.recipe, options_.checkpoint); }

std::size_t Trainer::SizeBytes() const {
  std::size_t size = 0;
  for (const TrainingNetwork::Worker& worker : workers_) size += worker.SizeBytes();
  return size;
}

}  // namespace deeper
