#include "detector/regions/features.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "backbone/precision.h"
#include "core/error.h"
#include "core/remedy.h"
#include "core/work/stopwatch.h"
#include "core/work/work_under_way.h"
#include "detector/heads/dot.h"
#include "detector/heads/region_features.h"

namespace deeper {
namespace {

namespace tbb = oneapi::tbb;
constexpr std::size_t kCropsTogether = 4;  // handed to a thread at a time, at least

// The distinct crops, in the order of the first box of each. Each is the positions of its boxes.
std::vector<std::vector<std::size_t>> ByCrop(const Image& image,
                                             std::span<const Box> boxes,
                                             const CropOptions& crop) {
  std::map<CropKey, std::size_t> numbers;
  std::vector<std::vector<std::size_t>> positions;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto [number, is_new] =
        numbers.try_emplace(KeyOfCrop(image, boxes[i], crop), positions.size());
    if (is_new) positions.emplace_back();
    positions[number->second].push_back(i);
  }
  return positions;
}

// Writes `row` to the rows at these positions, all of its length.
void PutRows(std::span<const float> row,
             std::span<const std::size_t> positions,
             std::span<float> rows) {
  for (const std::size_t i : positions)
    std::ranges::copy(row, rows.subspan(i * row.size(), row.size()).begin());
}

}  // namespace

struct FeatureExtractor::State {
  // What a thread works with.
  struct Work {
    std::vector<Workspace> workspaces;                     // one per network
    std::vector<std::array<float, kFeatureDim>> features;  // of the crop, by network
    std::vector<float> profiles;

    explicit Work(const NetworkFamily& networks)
        : workspaces(networks.MakeWorkspaces()),
          features(networks.networks().size()),
          profiles(kProfileDim) {}
  };

  State(NetworkFamily given_networks,
        const CropOptions& given_crop,
        std::vector<const BoxRegression*> given_regressions)
      : networks(std::move(given_networks)),
        crop(given_crop),
        box_regressions(std::move(given_regressions)),
        work([this] { return Work(networks); }) {}

  // The regressor of network `n` if it has one that reads profiles, else null.
  const BoxRegression* RegressionOf(std::size_t n) const {
    if (box_regressions.empty() || box_regressions[n] == nullptr) return nullptr;
    return box_regressions[n]->ReadsProfiles() ? box_regressions[n] : nullptr;
  }

  // Empty regions for the results of each network, `dim` values per box.
  std::vector<RegionFeatures> RoomFor(const Image& image,
                                      const std::vector<Box>& boxes,
                                      std::size_t dim) const {
    return std::vector<RegionFeatures>(networks.networks().size(),
                                       {.image_width = image.width,
                                        .image_height = image.height,
                                        .feature_dim = dim,
                                        .boxes = boxes,
                                        .features = std::vector<float>(boxes.size() * dim)});
  }

  // Runs the networks on each distinct crop of the boxes, on several threads. Calls `keep` with the
  // result and the boxes that have the crop.
  template <typename Keep>
  void RunOnCrops(const Image& image,
                  const std::vector<Box>& boxes,
                  StageTimes& times,
                  const Keep& keep);

  // The unit profiles of the last crop that network `n` ran on.
  std::span<const float> UnitProfilesOf(std::size_t n, Work& of) const;

  NetworkFamily networks;
  CropOptions crop;
  std::vector<const BoxRegression*> box_regressions;
  tbb::enumerable_thread_specific<Work> work;
};

template <typename Keep>
void FeatureExtractor::State::RunOnCrops(const Image& image,
                                         const std::vector<Box>& boxes,
                                         StageTimes& times,
                                         const Keep& keep) {
  const std::vector<std::vector<std::size_t>> crops = ByCrop(image, boxes, crop);
  const auto run = [&, whose = WorkUnderWay::OfThisThread()](
                       const tbb::blocked_range<std::size_t>& range, StageTimes spent) {
    const WorkUnderWay under_way(whose);
    Work& mine = work.local();
    const std::vector<std::span<float>> features(mine.features.begin(), mine.features.end());
    for (std::size_t k = range.begin(); k < range.end(); ++k) {
      const ProcessorWatch watch;
      Crop(image, boxes[crops[k].front()], crop, networks.Input(mine.workspaces));
      const double cropped_s = watch.Seconds();
      networks.FeaturesOfInput(mine.workspaces, features);
      keep(crops[k], mine);
      spent.crop_s += cropped_s;
      spent.network_s += watch.Seconds() - cropped_s;
    }
    return spent;
  };
  // Isolated: a thread that waits for the last crops must not begin another picture, which would
  // use its workspaces.
  tbb::this_task_arena::isolate([&] {
    times += tbb::parallel_reduce(tbb::blocked_range<std::size_t>(0, crops.size(), kCropsTogether),
                                  StageTimes{},
                                  run,
                                  [](StageTimes a, const StageTimes& b) { return a += b; });
  });
}

std::span<const float> FeatureExtractor::State::UnitProfilesOf(std::size_t n, Work& of) const {
  networks.ProfilesOfInput(of.workspaces, n, of.profiles);
  const double length = std::sqrt(Dot(of.features[n], of.features[n]));
  const auto scale = static_cast<float>(length > 0 ? 1 / length : 0);
  for (float& value : of.profiles) value *= scale;
  return of.profiles;
}

FeatureExtractor::FeatureExtractor(const Network& network, const CropOptions& crop)
    : FeatureExtractor(NetworkFamily({&network}, 0), crop) {}

FeatureExtractor::FeatureExtractor(NetworkFamily networks,
                                   const CropOptions& crop,
                                   std::vector<const BoxRegression*> box_regressions)
    : state_(std::make_unique<State>(std::move(networks), crop, std::move(box_regressions))) {
  Expects(state_->box_regressions.empty() ||
              state_->box_regressions.size() == state_->networks.networks().size(),
          "a box regression, or null, for each network");
  crop.Validate();
  if (crop.size_px != static_cast<int>(kCropSide)) {
    throw Error("crop size_px = " + std::to_string(crop.size_px) + ": GoogLeNet reads crops of " +
                std::to_string(kCropSide) + " px");
  }
  for (const Network* network : state_->networks.networks()) {
    const NetworkOptions& options = network->options();
    if (options.precision == Precision::kInt8 && options.quantization->mean_bgr != crop.mean_bgr) {
      throw ErrorWithRemedy(
          "crop mean_bgr: differs from that of the network's quantization; measure it again",
          Remedy::kMeasureQuantization);
    }
  }
}
FeatureExtractor::~FeatureExtractor() = default;

std::vector<RegionFeatures> FeatureExtractor::ExtractForAll(const Image& image,
                                                            const std::vector<Box>& boxes,
                                                            StageTimes& times) {
  std::vector<RegionFeatures> regions = state_->RoomFor(image, boxes, kFeatureDim);
  for (std::size_t n = 0; n < regions.size(); ++n) {
    const BoxRegression* regression = state_->RegressionOf(n);
    if (regression == nullptr) continue;
    regions[n].offsets.resize(boxes.size() * regression->RegressorCount() * BoxOffsets().size());
  }
  state_->RunOnCrops(
      image, boxes, times, [&](std::span<const std::size_t> positions, State::Work& made) {
        for (std::size_t n = 0; n < regions.size(); ++n) {
          PutRows(made.features[n], positions, regions[n].features);
          const BoxRegression* regression = state_->RegressionOf(n);
          if (regression == nullptr) continue;
          PutRows(AllOffsetsOf(*regression, state_->UnitProfilesOf(n, made)),
                  positions,
                  regions[n].offsets);
        }
      });
  return regions;
}

std::vector<RegionFeatures> FeatureExtractor::ExtractProfilesForAll(const Image& image,
                                                                    const std::vector<Box>& boxes,
                                                                    StageTimes& times) {
  std::vector<RegionFeatures> regions = state_->RoomFor(image, boxes, kProfileDim);
  state_->RunOnCrops(
      image, boxes, times, [&](std::span<const std::size_t> positions, State::Work& made) {
        for (std::size_t n = 0; n < regions.size(); ++n)
          PutRows(state_->UnitProfilesOf(n, made), positions, regions[n].features);
      });
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
