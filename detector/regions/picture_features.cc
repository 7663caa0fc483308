#include "detector/regions/picture_features.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/remedy.h"
#include "core/work/stopwatch.h"
#include "core/work/work_under_way.h"
#include "detector/regions/map_proposals.h"

namespace deeper {
namespace {

namespace tbb = oneapi::tbb;
using PictureWorkspace = PictureNetwork::PictureWorkspace;
using RegionWorkspace = PictureNetwork::RegionWorkspace;

// Handed to a thread at a time, at least.
constexpr std::size_t kRegionsTogether = 3 * PictureNetwork::kRegionsTogether;

}  // namespace

struct PictureFeatureExtractor::State {
  State(const PictureNetwork& given,
        const PictureScale& given_scale,
        const std::array<float, 3>& given_mean,
        std::optional<RegionChoice> given_choice,
        const BoxRegression* given_regression)
      : network(given),
        scale(given_scale),
        mean_bgr(given_mean),
        choice(std::move(given_choice)),
        regression(given_regression && given_regression->ReadsProfiles() ? given_regression
                                                                         : nullptr) {}

  // A picture's workspace, from those that no other picture uses at the moment.
  PictureWorkspace Take() {
    const std::lock_guard lock(mutex);
    if (free.empty()) return network.MakePictureWorkspace();
    PictureWorkspace workspace = std::move(free.back());
    free.pop_back();
    return workspace;
  }
  void GiveBack(PictureWorkspace workspace) {
    const std::lock_guard lock(mutex);
    free.push_back(std::move(workspace));
  }

  // The boxes that the network runs on, of these and of those that the map proposes.
  std::vector<Box> Chosen(std::vector<Box> boxes,
                          const PictureWorkspace& picture,
                          const Image& image,
                          const PictureFrame& frame) const {
    if (!choice || (!choice->proposes && boxes.size() <= choice->most)) return boxes;
    const RankedMap map(choice->ranker, network.MapIn(picture));
    return ChosenOf(
        CandidatesOnMap(map, std::move(boxes), choice->proposes, frame, image.width, image.height),
        choice->most);
  }

  const PictureNetwork& network;
  PictureScale scale;
  std::array<float, 3> mean_bgr;
  std::optional<RegionChoice> choice;
  const BoxRegression* regression;  // one that reads profiles, or null
  tbb::enumerable_thread_specific<RegionWorkspace> regions{
      [this] { return network.MakeRegionWorkspace(); }};
  std::mutex mutex;
  std::vector<PictureWorkspace> free;
};

PictureFeatureExtractor::PictureFeatureExtractor(const PictureNetwork& network,
                                                 const PictureScale& scale,
                                                 const std::array<float, 3>& mean_bgr,
                                                 std::optional<RegionChoice> choice,
                                                 const BoxRegression* regression)
    : state_(std::make_unique<State>(network, scale, mean_bgr, std::move(choice), regression)) {
  scale.Validate();
  const NetworkOptions& options = network.options();
  if (options.precision == Precision::kInt8 && options.quantization->mean_bgr != mean_bgr) {
    throw ErrorWithRemedy(
        "mean_bgr: differs from that of the network's quantization; measure it again",
        Remedy::kMeasureQuantization);
  }
}
PictureFeatureExtractor::~PictureFeatureExtractor() = default;

std::vector<RegionFeatures> PictureFeatureExtractor::ExtractForAll(const Image& image,
                                                                   const std::vector<Box>& boxes,
                                                                   StageTimes& times) {
  return ExtractProposed(
      image, [&] { return boxes; }, times);
}

std::vector<RegionFeatures> PictureFeatureExtractor::ExtractProposed(
    const Image& image, const std::function<std::vector<Box>()>& propose, StageTimes& times) {
  State& state = *state_;
  const PictureFrame frame = FrameOf(image.width, image.height, state.scale);
  PictureWorkspace picture = state.Take();
  StageTimes of_trunk;
  const void* whose = WorkUnderWay::OfThisThread();
  const auto run_trunk = [&] {
    const WorkUnderWay under_way(whose);
    const ProcessorWatch of_frame;
    PutIntoFrame(image, frame, state.mean_bgr, state.network.Input(frame.size, picture));
    of_trunk.crop_s = of_frame.Seconds();
    const ProcessorWatch of_network;
    state.network.RunTrunk(picture);
    of_trunk.network_s = of_network.Seconds();
  };
  std::vector<Box> boxes;
  const auto run_propose = [&] {
    const WorkUnderWay under_way(whose);
    boxes = propose();
  };
  // Isolated: a thread that waits for the other part must not begin another picture meanwhile.
  tbb::this_task_arena::isolate([&] { tbb::parallel_invoke(run_propose, run_trunk); });
  times += of_trunk;

  const ProcessorWatch of_choice;
  boxes = state.Chosen(std::move(boxes), picture, image, frame);
  std::vector<kernels::RegionWindow> windows;
  windows.reserve(boxes.size());
  for (const Box& box : boxes) windows.push_back(WindowOf(box, image.width, image.height, frame));
  times.crop_s += of_choice.Seconds();

  RegionFeatures regions = {.image_width = image.width,
                            .image_height = image.height,
                            .feature_dim = kFeatureDim,
                            .boxes = std::move(boxes),
                            .features = std::vector<float>(windows.size() * kFeatureDim)};
  const std::span<float> features = regions.features;
  const std::size_t offsets_each = state.regression ? 4 * state.regression->RegressorCount() : 0;
  regions.offsets.resize(windows.size() * offsets_each);
  const auto run = [&](const tbb::blocked_range<std::size_t>& range, StageTimes spent) {
    const WorkUnderWay under_way(whose);
    const ProcessorWatch watch;
    RegionWorkspace& workspace = state.regions.local();
    const auto of_range = std::span(windows).subspan(range.begin(), range.size());
    std::vector<float> profiles(state.regression ? of_range.size() * kProfileDim : 0);
    state.network.FeaturesOf(
        of_range,
        picture,
        workspace,
        features.subspan(range.begin() * kFeatureDim, of_range.size() * kFeatureDim),
        profiles);
    for (std::size_t i = 0; i * kProfileDim < profiles.size(); ++i) {
      const auto of_region = std::span(profiles).subspan(i * kProfileDim, kProfileDim);
      std::ranges::copy(AllOffsetsOf(*state.regression, of_region),
                        regions.offsets.begin() +
                            static_cast<std::ptrdiff_t>((range.begin() + i) * offsets_each));
    }
    spent.network_s += watch.Seconds();
    return spent;
  };
  // Isolated: a thread that waits for the last regions must not begin another picture, which would
  // use its workspace.
  tbb::this_task_arena::isolate([&] {
    times +=
        tbb::parallel_reduce(tbb::blocked_range<std::size_t>(0, windows.size(), kRegionsTogether),
                             StageTimes{},
                             run,
                             [](StageTimes a, const StageTimes& b) { return a += b; });
  });
  state.GiveBack(std::move(picture));
  std::vector<RegionFeatures> all;
  all.push_back(std::move(regions));
  return all;
}

}  // namespace deeper
