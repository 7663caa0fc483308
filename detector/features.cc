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
  State(NetworkFamily given_networks, const CropOptions& given_crop)
      : networks(std::move(given_networks)),
        crop(given_crop),
        workspaces([this] { return networks.MakeWorkspaces(); }) {}

  NetworkFamily networks;
  CropOptions crop;
  tbb::enumerable_thread_specific<std::vector<Workspace>> workspaces;
};

FeatureExtractor::FeatureExtractor(const Network& network, const CropOptions& crop)
    : FeatureExtractor(NetworkFamily({&network}, 0), crop) {}

FeatureExtractor::FeatureExtractor(NetworkFamily networks, const CropOptions& crop)
    : state_(std::make_unique<State>(std::move(networks), crop)) {
  crop.Validate();
  if (crop.size_px != static_cast<int>(kCropSide)) {
    throw Error("crop size_px = " + std::to_string(crop.size_px) + ": GoogLeNet reads crops of " +
                std::to_string(kCropSide) + " px");
  }
  for (const Network* network : state_->networks.networks()) {
    const NetworkOptions& options = network->options();
    if (options.precision == Precision::kInt8 && options.quantization->mean_bgr != crop.mean_bgr) {
      throw Error(
          "crop mean_bgr: differs from that of the network's quantization - measure it again with "
          "'deeper model quantize'");
    }
  }
}
FeatureExtractor::FeatureExtractor(FeatureExtractor&&) noexcept = default;
FeatureExtractor::~FeatureExtractor() = default;

std::vector<RegionFeatures> FeatureExtractor::ExtractForAll(const Image& image,
                                                            const std::vector<Box>& boxes,
                                                            StageTimes& times) {
  std::vector<RegionFeatures> regions(state_->networks.networks().size(),
                                      {.image_width = image.width,
                                       .image_height = image.height,
                                       .feature_dim = kFeatureDim,
                                       .boxes = boxes,
                                       .features = std::vector<float>(boxes.size() * kFeatureDim)});
  // The features of box i by every network.
  const auto rows = [&](std::size_t i) {
    std::vector<std::span<float>> of_box;
    of_box.reserve(regions.size());
    for (RegionFeatures& by_network : regions) {
      of_box.push_back(std::span(by_network.features).subspan(i * kFeatureDim, kFeatureDim));
    }
    return of_box;
  };
  const std::vector<std::size_t> first_equal = FirstWithEqualCrop(image, boxes, state_->crop);
  std::vector<std::size_t> distinct;
  for (std::size_t i = 0; i < first_equal.size(); ++i) {
    if (first_equal[i] == i) distinct.push_back(i);
  }

  const auto extract = [&](const tbb::blocked_range<std::size_t>& range, StageTimes spent) {
    std::vector<Workspace>& workspaces = state_->workspaces.local();
    for (std::size_t k = range.begin(); k < range.end(); ++k) {
      const Clock::time_point start = Clock::now();
      Crop(image, boxes[distinct[k]], state_->crop, state_->networks.Input(workspaces));
      const Clock::time_point is_cropped = Clock::now();
      state_->networks.FeaturesOfInput(workspaces, rows(distinct[k]));
      spent.crop_s += Seconds(is_cropped - start);
      spent.network_s += Seconds(Clock::now() - is_cropped);
    }
    return spent;
  };
  // Isolated: a thread that waits for the last crops must not begin another picture, which would
  // use its workspaces.
  tbb::this_task_arena::isolate([&] {
    times +=
        tbb::parallel_reduce(tbb::blocked_range<std::size_t>(0, distinct.size(), kCropsTogether),
                             StageTimes{},
                             extract,
                             [](StageTimes a, const StageTimes& b) { return a += b; });
  });

  for (std::size_t i = 0; i < first_equal.size(); ++i) {
    if (first_equal[i] == i) continue;
    const std::vector<std::span<float>> from = rows(first_equal[i]);
    const std::vector<std::span<float>> to = rows(i);
    for (std::size_t n = 0; n < to.size(); ++n) std::ranges::copy(from[n], to[n].begin());
  }
  return regions;
}

RegionFeatures FeatureExtractor::Extract(const Image& image,
                                         const std::vector<Box>& boxes,
                                         StageTimes& times) {
  Expects(state_->networks.networks().size() == 1, "one network");
  return std::move(ExtractForAll(image, boxes, times).front());
}

RegionFeatures FeatureExtractor::ExtractWhole(const Image& image, StageTimes& times) {
  return Extract(image, {WholeImageBox(image)}, times);
}

std::vector<FamilyMembers> GroupIntoFamilies(
    std::span<const std::vector<std::string>> row_fingerprints,
    std::span<const CropOptions> crops) {
  Expects(row_fingerprints.size() == crops.size(), "each network reads crops of some kind");
  std::vector<FamilyMembers> families;
  for (std::size_t i = 0; i < crops.size(); ++i) {
    FamilyMembers* nearest = nullptr;
    std::size_t most = 0;
    for (FamilyMembers& family : families) {
      const std::size_t first = family.positions.front();
      if (crops[first] != crops[i]) continue;
      const std::size_t common = CommonRows(row_fingerprints[first], row_fingerprints[i]);
      if (common <= most || common < family.shared_rows) continue;
      nearest = &family;
      most = common;
    }
    if (nearest == nullptr) {
      families.push_back({.positions = {i}});
      continue;
    }
    if (nearest->positions.size() == 1) nearest->shared_rows = most;
    nearest->positions.push_back(i);
  }
  return families;
}

}  // namespace deeper
