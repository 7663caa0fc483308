#include "detector/features.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "core/error.h"

namespace deeper {
namespace {

namespace tbb = oneapi::tbb;
using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

constexpr std::size_t kCropsTogether = 4;  // handed to a thread at a time, at least

// For each box, the position of the first one with the same crop.
std::vector<std::size_t> FirstWithEqualCrop(const Image& image,
                                            std::span<const Box> boxes,
                                            const CropOptions& crop) {
  std::map<CropKey, std::size_t> first;
  std::vector<std::size_t> positions;
  for (const Box& box : boxes) {
    const CropKey key = KeyOfCrop(image, box, crop);
    positions.push_back(first.try_emplace(key, positions.size()).first->second);
  }
  return positions;
}

}  // namespace

StageTimes& StageTimes::operator+=(const StageTimes& other) {
  decode_s += other.decode_s;
  proposals_s += other.proposals_s;
  crop_s += other.crop_s;
  network_s += other.network_s;
  heads_s += other.heads_s;
  return *this;
}

struct FeatureExtractor::State {
  State(const Network& given_network, const CropOptions& given_crop)
      : network(given_network),
        crop(given_crop),
        workspaces([this] { return network.MakeWorkspace(); }) {}

  const Network& network;
  CropOptions crop;
  tbb::enumerable_thread_specific<Workspace> workspaces;
};

FeatureExtractor::FeatureExtractor(const Network& network, const CropOptions& crop)
    : state_(std::make_unique<State>(network, crop)) {
  crop.Validate();
  if (crop.size_px != static_cast<int>(kCropSide)) {
    throw Error("crop size_px = " + std::to_string(crop.size_px) + ": GoogLeNet reads crops of " +
                std::to_string(kCropSide) + " px");
  }
  const NetworkOptions& options = network.options();
  if (options.precision == Precision::kInt8 && options.quantization->mean_bgr != crop.mean_bgr) {
    throw Error(
        "crop mean_bgr: differs from that of the network's quantization - measure it again with "
        "'deeper model quantize'");
  }
}
FeatureExtractor::FeatureExtractor(FeatureExtractor&&) noexcept = default;
FeatureExtractor::~FeatureExtractor() = default;

RegionFeatures FeatureExtractor::Extract(const Image& image,
                                         std::vector<Box> boxes,
                                         StageTimes& times) {
  RegionFeatures regions = {.image_width = image.width,
                            .image_height = image.height,
                            .feature_dim = kFeatureDim,
                            .boxes = std::move(boxes),
                            .features = {}};
  regions.features.resize(regions.boxes.size() * kFeatureDim);
  const auto row = [&](std::size_t i) {
    return std::span(regions.features).subspan(i * kFeatureDim, kFeatureDim);
  };
  const std::vector<std::size_t> first_equal =
      FirstWithEqualCrop(image, regions.boxes, state_->crop);
  std::vector<std::size_t> distinct;
  for (std::size_t i = 0; i < first_equal.size(); ++i) {
    if (first_equal[i] == i) distinct.push_back(i);
  }

  const auto extract = [&](const tbb::blocked_range<std::size_t>& range, StageTimes spent) {
    Workspace& workspace = state_->workspaces.local();
    for (std::size_t k = range.begin(); k < range.end(); ++k) {
      const Clock::time_point start = Clock::now();
      Crop(image, regions.boxes[distinct[k]], state_->crop, state_->network.Input(workspace));
      const Clock::time_point is_cropped = Clock::now();
      state_->network.FeaturesOfInput(workspace, row(distinct[k]));
      spent.crop_s += Seconds(is_cropped - start);
      spent.network_s += Seconds(Clock::now() - is_cropped);
    }
    return spent;
  };
  // Isolated: a thread that waits for the last crops must not begin another picture, which would
  // use its workspace.
  tbb::this_task_arena::isolate([&] {
    times +=
        tbb::parallel_reduce(tbb::blocked_range<std::size_t>(0, distinct.size(), kCropsTogether),
                             StageTimes{},
                             extract,
                             [](StageTimes a, const StageTimes& b) { return a += b; });
  });

  for (std::size_t i = 0; i < first_equal.size(); ++i) {
    if (first_equal[i] != i) std::ranges::copy(row(first_equal[i]), row(i).begin());
  }
  return regions;
}

RegionFeatures FeatureExtractor::ExtractWhole(const Image& image, StageTimes& times) {
  return Extract(image, {WholeImageBox(image)}, times);
}

}  // namespace deeper
