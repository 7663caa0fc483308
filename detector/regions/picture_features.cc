#include "detector/regions/picture_features.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>

#include <array>
#include <mutex>
#include <numeric>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/remedy.h"
#include "core/work/stopwatch.h"
#include "core/work/work_under_way.h"

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
        std::optional<RegionChoice> given_choice)
      : network(given), scale(given_scale), mean_bgr(given_mean), choice(std::move(given_choice)) {}

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

  // The positions of the windows that the network runs on.
  std::vector<std::size_t> Chosen(const PictureWorkspace& picture,
                                  std::span<const Box> boxes,
                                  std::span<const kernels::RegionWindow> windows) const {
    if (choice && windows.size() > choice->most) {
      return HighestApart(RankRegions(choice->ranker, network.MapIn(picture), windows),
                          boxes,
                          choice->most,
                          kChosenApart);
    }
    std::vector<std::size_t> all(windows.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }

  const PictureNetwork& network;
  PictureScale scale;
  std::array<float, 3> mean_bgr;
  std::optional<RegionChoice> choice;
  tbb::enumerable_thread_specific<RegionWorkspace> regions{
      [this] { return network.MakeRegionWorkspace(); }};
  std::mutex mutex;
  std::vector<PictureWorkspace> free;
};

PictureFeatureExtractor::PictureFeatureExtractor(const PictureNetwork& network,
                                                 const PictureScale& scale,
                                                 const std::array<float, 3>& mean_bgr,
                                                 std::optional<RegionChoice> choice)
    : state_(std::make_unique<State>(network, scale, mean_bgr, std::move(choice))) {
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
    const Stopwatch of_frame;
    PutIntoFrame(image, frame, state.mean_bgr, state.network.Input(frame.size, picture));
    of_trunk.crop_s = of_frame.Seconds();
    const Stopwatch of_network;
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

  const Stopwatch of_choice;
  std::vector<kernels::RegionWindow> windows;
  windows.reserve(boxes.size());
  for (const Box& box : boxes) windows.push_back(WindowOf(box, image.width, image.height, frame));
  const std::vector<std::size_t> chosen = state.Chosen(picture, boxes, windows);
  times.crop_s += of_choice.Seconds();

  RegionFeatures regions = {.image_width = image.width,
                            .image_height = image.height,
                            .feature_dim = kFeatureDim,
                            .boxes = {},
                            .features = std::vector<float>(chosen.size() * kFeatureDim)};
  regions.boxes.reserve(chosen.size());
  for (const std::size_t i : chosen) regions.boxes.push_back(boxes[i]);
  const std::span<float> features = regions.features;
  const auto run = [&](const tbb::blocked_range<std::size_t>& range, StageTimes spent) {
    const WorkUnderWay under_way(whose);
    const Stopwatch watch;
    RegionWorkspace& workspace = state.regions.local();
    std::vector<kernels::RegionWindow> of_range;
    of_range.reserve(range.size());
    for (std::size_t i = range.begin(); i < range.end(); ++i)
      of_range.push_back(windows[chosen[i]]);
    state.network.FeaturesOf(
        of_range,
        picture,
        workspace,
        features.subspan(range.begin() * kFeatureDim, of_range.size() * kFeatureDim));
    spent.network_s += watch.Seconds();
    return spent;
  };
  // Isolated: a thread that waits for the last regions must not begin another picture, which would
  // use its workspace.
  tbb::this_task_arena::isolate([&] {
    times +=
        tbb::parallel_reduce(tbb::blocked_range<std::size_t>(0, chosen.size(), kRegionsTogether),
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
