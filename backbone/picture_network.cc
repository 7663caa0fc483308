#include "backbone/picture_network.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "backbone/execution/aligned_bytes.h"
#include "backbone/execution/layer_stack.h"
#include "core/error.h"

namespace deeper {
namespace {

// The trunk for pictures of one size.
struct Trunk {
  MapSize size{};
  LayerStack stack;
};

}  // namespace

struct PictureNetwork::PictureWorkspace::State {
  std::shared_ptr<const Trunk> trunk;
  std::optional<LayerStack::Buffers> buffers;
  std::span<const std::byte> map;
};

struct PictureNetwork::RegionWorkspace::State {
  State(const LayerStack& stack, std::size_t bytes)
      : buffers(stack),
        region_bytes(bytes),
        regions(kRegionsTogether * bytes),
        features(kRegionsTogether * kFeatureDim) {}

  LayerStack::Buffers buffers;
  std::size_t region_bytes;  // of one region's cells
  AlignedBytes regions;
  std::vector<float> features;
};

struct PictureNetwork::State {
  State(const Weights& given, const NetworkOptions& given_options)
      : weights(given),
        options(given_options),
        regions(weights, options.precision, options.quantization, RegionSteps(), kRegionsTogether),
        encoding(regions.InputEncoding()) {}

  std::shared_ptr<const Trunk> TrunkFor(const MapSize& size);

  Weights weights;
  NetworkOptions options;
  LayerStack regions;
  kernels::Encoding encoding;
  std::mutex mutex;
  std::list<std::shared_ptr<const Trunk>> trunks;  // the one used last first
};

std::shared_ptr<const Trunk> PictureNetwork::State::TrunkFor(const MapSize& size) {
  const std::lock_guard lock(mutex);
  for (auto trunk = trunks.begin(); trunk != trunks.end(); ++trunk) {
    if ((*trunk)->size != size) continue;
    trunks.splice(trunks.begin(), trunks, trunk);
    return trunks.front();
  }
  trunks.push_front(std::make_shared<const Trunk>(
      Trunk{size, LayerStack(weights, options.precision, options.quantization, TrunkSteps(size))}));
  if (trunks.size() > kMostSizes) trunks.pop_back();
  return trunks.front();
}

using PictureWorkspace = PictureNetwork::PictureWorkspace;
using RegionWorkspace = PictureNetwork::RegionWorkspace;

PictureWorkspace::PictureWorkspace(std::unique_ptr<State> state) : state_(std::move(state)) {}
PictureWorkspace::PictureWorkspace(PictureWorkspace&&) noexcept = default;
PictureWorkspace& PictureWorkspace::operator=(PictureWorkspace&&) noexcept = default;
PictureWorkspace::~PictureWorkspace() = default;

RegionWorkspace::RegionWorkspace(std::unique_ptr<State> state) : state_(std::move(state)) {}
RegionWorkspace::RegionWorkspace(RegionWorkspace&&) noexcept = default;
RegionWorkspace& RegionWorkspace::operator=(RegionWorkspace&&) noexcept = default;
RegionWorkspace::~RegionWorkspace() = default;

PictureNetwork::PictureNetwork(const Weights& weights, const NetworkOptions& options)
    : state_(std::make_unique<State>(ValidatedWeights(weights), ValidatedOptions(options))) {}
PictureNetwork::PictureNetwork(PictureNetwork&&) noexcept = default;
PictureNetwork& PictureNetwork::operator=(PictureNetwork&&) noexcept = default;
PictureNetwork::~PictureNetwork() = default;

const NetworkOptions& PictureNetwork::options() const { return state_->options; }

PictureWorkspace PictureNetwork::MakePictureWorkspace() const {
  return PictureWorkspace(std::make_unique<PictureWorkspace::State>());
}

CropRows PictureNetwork::Input(const MapSize& size, PictureWorkspace& workspace) const {
  PictureWorkspace::State& memory = workspace.state();
  if (!memory.trunk || memory.trunk->size != size) {
    memory.buffers.reset();
    memory.trunk = state_->TrunkFor(size);
    memory.buffers.emplace(memory.trunk->stack);
  }
  memory.map = {};
  return memory.trunk->stack.Input(*memory.buffers);
}

void PictureNetwork::RunTrunk(PictureWorkspace& workspace) const {
  PictureWorkspace::State& memory = workspace.state();
  Expects(memory.buffers.has_value(), "a picture in Input()");
  const LayerStack& stack = memory.trunk->stack;
  memory.map = stack.RunFirst(stack.steps().size(), *memory.buffers);
}

PictureMap PictureNetwork::MapIn(const PictureWorkspace& workspace) const {
  const PictureWorkspace::State& memory = workspace.state();
  Expects(!memory.map.empty(), "a picture whose trunk has run");
  return {.bytes = memory.map,
          .shape = OutputShape(memory.trunk->stack.steps().back().layer),
          .encoding = state_->encoding};
}

RegionWorkspace PictureNetwork::MakeRegionWorkspace() const {
  const std::size_t channels = state_->regions.steps().front().layer.in_channels;
  return RegionWorkspace(std::make_unique<RegionWorkspace::State>(
      state_->regions,
      kernels::kRegionSide * kernels::kRegionSide * channels *
          kernels::SizeOf(state_->encoding.element)));
}

void PictureNetwork::FeaturesOf(std::span<const kernels::RegionWindow> windows,
                                const PictureWorkspace& picture,
                                RegionWorkspace& workspace,
                                std::span<float> features,
                                std::span<float> profiles) const {
  const PictureMap map = MapIn(picture);
  Expects(features.size() == windows.size() * kFeatureDim, "room for 1024 features a window");
  Expects(profiles.empty() || profiles.size() == windows.size() * kProfileDim,
          "room for the profiles of each window, or none");
  RegionWorkspace::State& mine = workspace.state();
  constexpr std::size_t kPool4 = 1;  // step, which RegionPool stands for
  for (std::size_t first = 0; first < windows.size(); first += kRegionsTogether) {
    const std::size_t count = std::min(kRegionsTogether, windows.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      kernels::RegionPool(map.bytes,
                          map.shape,
                          map.encoding.element,
                          windows[first + i],
                          mine.regions.bytes().subspan(i * mine.region_bytes, mine.region_bytes));
    }
    state_->regions.RunBehind(kPool4, mine.regions.bytes(), mine.buffers, mine.features);
    std::copy_n(mine.features.begin(),
                count * kFeatureDim,
                features.begin() + static_cast<std::ptrdiff_t>(first * kFeatureDim));
    if (profiles.empty()) continue;
    for (std::size_t i = 0; i < count; ++i) {
      state_->regions.ProfilesOfLastMap(
          mine.buffers, i, profiles.subspan((first + i) * kProfileDim, kProfileDim));
    }
  }
}

}  // namespace deeper
