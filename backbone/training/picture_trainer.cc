#include "backbone/training/picture_trainer.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "backbone/execution/aligned_bytes.h"
#include "backbone/execution/frozen_part.h"
#include "backbone/training/checkpoint.h"
#include "backbone/training/training_network.h"
#include "backbone/training/training_plan.h"
#include "backbone/training/training_worker.h"
#include "backbone/training/worker_threads.h"
#include "core/error.h"

namespace deeper {
namespace {

PictureTrainerOptions Validated(PictureTrainerOptions options) {
  options.solver.Validate();
  Expects(options.outputs > 0 && options.pictures > 0 && options.regions > 0 && options.workers > 0,
          "outputs, pictures, regions and workers above 0");
  return options;
}

TrainingNetworkOptions TrunkOptions(const PictureTrainerOptions& options, const MapSize& size) {
  return {.plan = PlanTrunk(options.frozen, size),
          .precision = options.precision,
          .outputs = 0,
          .micro_batch = 1};
}

TrainingNetworkOptions RegionOptions(const PictureTrainerOptions& options) {
  return {.plan = PlanRegions(options.profile_outputs),
          .precision = options.precision,
          .outputs = options.outputs,
          .micro_batch = options.regions,
          .input_gradient = true};
}

// The trunk for pictures of one size.
struct Trunk {
  Trunk(const Weights& weights, const PictureTrainerOptions& options, const MapSize& size)
      : frozen(weights, options.precision, options.frozen, size),
        network(TrunkOptions(options, size)) {
    map = OutputShape(network.plan().layers.back());
  }

  FrozenPart frozen;
  TrainingNetwork network;
  Shape map;
};

// One thread's memory for one trunk.
struct TrunkMemory {
  explicit TrunkMemory(const Trunk& trunk)
      : frozen(trunk.frozen), worker(trunk.network), diff_map(trunk.map.Count()) {}

  FrozenPart::Buffers frozen;
  TrainingNetwork::Worker worker;
  std::vector<float> diff_map;
};

void Add(const Weights& gradients, Weights& sums) {
  for (const auto& [name, gradient] : gradients) {
    const auto [sum, is_new] = sums.try_emplace(name, gradient);
    if (is_new) continue;
    for (std::size_t i = 0; i < gradient.data.size(); ++i) sum->second.data[i] += gradient.data[i];
  }
}

}  // namespace

struct PictureTrainer::State {
  // One thread's memory.
  struct Thread {
    explicit Thread(const TrainingNetwork& regions) : region_worker(regions) {}

    std::map<MapSize, TrunkMemory> trunks;
    TrainingNetwork::Worker region_worker;
    PictureInput input;
  };

  explicit State(const PictureTrainerOptions& given)
      : options(Validated(given)), regions(RegionOptions(options)) {
    for (std::size_t w = 0; w < options.workers; ++w) threads.emplace_back(regions);
  }

  // Makes the trunks of these sizes if they are not there, and packs the weights.
  void Load(std::span<const MapSize> sizes, const Weights& weights);
  // Runs a picture's trunk. Returns its map, and the memory of the trunk.
  std::span<const std::byte> RunTrunk(const MapSize& size, Thread& thread);
  // Puts windows of the map into the regions' inputs.
  void CutOut(std::span<const std::byte> map,
              const Shape& shape,
              std::span<const kernels::RegionWindow> windows,
              std::span<const std::size_t> chosen,
              Thread& thread) const;
  // The scores of all windows of the thread's input: windows x outputs.
  std::vector<float> ScoreWindows(std::span<const std::byte> map,
                                  const Shape& shape,
                                  Thread& thread) const;
  // One picture forward and backward. Writes its gradients, and returns its losses' sum.
  double Learn(std::size_t picture,
               std::size_t worker,
               const PictureBatch& batch,
               Weights& gradients);

  PictureTrainerOptions options;
  std::vector<Blob> blobs;
  std::set<std::string> new_blobs;
  SolverState solver;
  TrainingNetwork regions;
  std::map<MapSize, Trunk> trunks;
  std::vector<Thread> threads;
  kernels::ElementType element = TrainingElement(options.precision);
};

void PictureTrainer::State::Load(std::span<const MapSize> sizes, const Weights& weights) {
  const std::set<MapSize> distinct(sizes.begin(), sizes.end());
  std::vector<TrainingNetwork*> networks = {&regions};
  for (const MapSize& size : distinct) {
    Trunk& trunk = trunks.try_emplace(size, weights, options, size).first->second;
    networks.push_back(&trunk.network);
  }
  OnThreads(std::min(options.workers, networks.size()), [&](std::size_t w) {
    for (std::size_t i = w; i < networks.size(); i += options.workers) networks[i]->Load(weights);
  });
}

std::span<const std::byte> PictureTrainer::State::RunTrunk(const MapSize& size, Thread& thread) {
  const Trunk& trunk = trunks.at(size);
  TrunkMemory& memory = thread.trunks.try_emplace(size, trunk).first->second;
  trunk.frozen.Run(thread.input.picture, memory.frozen, memory.worker.Input(0));
  return memory.worker.RunToLastMap();
}

void PictureTrainer::State::CutOut(std::span<const std::byte> map,
                                   const Shape& shape,
                                   std::span<const kernels::RegionWindow> windows,
                                   std::span<const std::size_t> chosen,
                                   Thread& thread) const {
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    kernels::RegionPool(map, shape, element, windows[chosen[i]], thread.region_worker.Input(i));
  }
}

std::vector<float> PictureTrainer::State::ScoreWindows(std::span<const std::byte> map,
                                                       const Shape& shape,
                                                       Thread& thread) const {
  const std::vector<kernels::RegionWindow>& windows = thread.input.windows;
  std::vector<float> scores;
  for (std::size_t first = 0; first < windows.size(); first += options.regions) {
    std::vector<std::size_t> part(std::min(options.regions, windows.size() - first));
    std::iota(part.begin(), part.end(), first);
    CutOut(map, shape, windows, part, thread);
    const std::vector<float> of_part = thread.region_worker.Score(part.size());
    scores.insert(scores.end(), of_part.begin(), of_part.end());
  }
  return scores;
}

double PictureTrainer::State::Learn(std::size_t picture,
                                    std::size_t worker,
                                    const PictureBatch& batch,
                                    Weights& gradients) {
  Thread& thread = threads[worker];
  batch.fill(picture, worker, thread.input);
  const MapSize& size = batch.sizes[picture];
  const std::span<const std::byte> map = RunTrunk(size, thread);
  const Shape& shape = trunks.at(size).map;
  TrunkMemory& memory = thread.trunks.at(size);

  std::vector<std::size_t> chosen(thread.input.windows.size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  if (batch.choose) chosen = batch.choose(picture, ScoreWindows(map, shape, thread));
  Expects(!chosen.empty() && chosen.size() <= options.regions, "at most `regions` windows");

  CutOut(map, shape, thread.input.windows, chosen, thread);
  const float scale = 1 / static_cast<float>(options.regions * options.pictures);
  const std::vector<std::uint64_t> no_dropout(chosen.size());
  thread.region_worker.ClearGradients();
  const LossSums losses = thread.region_worker.Train(
      0,
      no_dropout,
      scale,
      [&](std::size_t i, std::span<const float> scores, std::span<float> gradient) {
        return batch.loss(picture, chosen[i], scores, gradient);
      });

  std::ranges::fill(memory.diff_map, 0.0F);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    kernels::RegionPoolBackward(map,
                                shape,
                                element,
                                thread.input.windows[chosen[i]],
                                thread.region_worker.InputGradient(i),
                                memory.diff_map);
  }
  memory.worker.ClearGradients();
  memory.worker.RunBackFromLastMap(memory.diff_map);
  thread.region_worker.UnpackGradients(gradients);
  memory.worker.UnpackGradients(gradients);
  return losses.main;
}

std::vector<Blob> PictureTrainer::TrainedBlobs(const std::string& frozen,
                                               std::size_t outputs,
                                               std::size_t profile_outputs) {
  std::vector<Blob> blobs = deeper::TrainedBlobs(PlanTrunk(frozen, kInputSize), 0);
  for (Blob& blob : deeper::TrainedBlobs(PlanRegions(profile_outputs), outputs))
    blobs.push_back(std::move(blob));
  return blobs;
}

PictureTrainer::PictureTrainer(Weights weights,
                               std::set<std::string> new_blobs,
                               const PictureTrainerOptions& options)
    : state_(std::make_unique<State>(options)) {
  State& state = *state_;
  state.blobs = TrainedBlobs(options.frozen, options.outputs, options.profile_outputs);
  state.new_blobs = std::move(new_blobs);
  std::optional<SolverState> resumed =
      ResumedSolver(options.recipe, options.checkpoint, state.blobs);
  state.solver = resumed ? std::move(*resumed) : BeginSolver(state.blobs, std::move(weights));
}

PictureTrainer::~PictureTrainer() = default;

const SolverState& PictureTrainer::state() const { return state_->solver; }

StepReport PictureTrainer::RunStep(const PictureBatch& batch) {
  State& state = *state_;
  const PictureTrainerOptions& options = state.options;
  Expects(batch.sizes.size() == options.pictures, "a size for each picture");
  state.Load(batch.sizes, state.solver.weights);
  std::vector<Weights> gradients(options.pictures);
  std::vector<double> losses(options.pictures);
  OnThreads(options.workers, [&](std::size_t w) {
    for (std::size_t p = w; p < options.pictures; p += options.workers)
      losses[p] = state.Learn(p, w, batch, gradients[p]);
  });
  StepReport report = {.step = state.solver.step,
                       .rate = RateAt(options.solver.schedule, state.solver.step)};
  for (const double loss : losses)
    report.loss += loss / static_cast<double>(options.pictures * options.regions);
  report.total_loss = report.loss;
  for (std::size_t p = 1; p < options.pictures; ++p) Add(gradients[p], gradients[0]);
  ApplyGradients(state.blobs, state.new_blobs, options.solver, gradients[0], state.solver);
  return report;
}

void PictureTrainer::Score(std::span<const MapSize> sizes,
                           const FillPicture& fill,
                           const TakePicture& take) {
  State& state = *state_;
  Weights weights = state.solver.weights;
  for (const auto& [name, average] : state.solver.averages) weights[name] = average;
  state.Load(sizes, weights);
  OnThreads(state.options.workers, [&](std::size_t w) {
    State::Thread& thread = state.threads[w];
    for (std::size_t p = w; p < sizes.size(); p += state.options.workers) {
      fill(p, w, thread.input);
      const std::span<const std::byte> map = state.RunTrunk(sizes[p], thread);
      take(p, state.ScoreWindows(map, state.trunks.at(sizes[p]).map, thread));
    }
  });
}

void PictureTrainer::Save() const {
  SaveCheckpoint(state_->solver, state_->options.recipe, state_->options.checkpoint);
}

std::size_t PictureTrainer::SizeBytes() const {
  std::size_t size = 0;
  for (const State::Thread& thread : state_->threads) {
    size += thread.region_worker.SizeBytes();
    for (const auto& [map_size, memory] : thread.trunks)
      size += memory.worker.SizeBytes() + memory.diff_map.size() * sizeof(float);
  }
  return size;
}

}  // namespace deeper
