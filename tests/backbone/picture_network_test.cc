#include "backbone/picture_network.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>
#include <vector>

#include "backbone/execution/activation_ranges.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/reference.h"
#include "backbone/reference_network.h"
#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// The network over whole pictures against the network over crops, and against plain loops.

namespace deeper {
namespace {

using kernels::RegionWindow;
using PictureWorkspace = PictureNetwork::PictureWorkspace;

constexpr RegionWindow kWholeCrop = {.x0 = 0, .y0 = 0, .x1 = 224, .y1 = 224};

constexpr std::array<float, 3> kMean = {104, 117, 123};

// Writes a picture of f32 planes, its mean subtracted, where the network reads it.
void Put(const Tensor& picture, const CropRows& rows) {
  const auto [n, c, h, w] = picture.shape;
  for (std::size_t y = 0; y < h; ++y) {
    for (std::size_t x = 0; x < w; ++x) {
      for (std::size_t channel = 0; channel < c; ++channel) {
        const float value = picture.data[(channel * h + y) * w + x];
        std::byte* row = rows.first + y * rows.row_bytes;
        if (rows.element == kernels::ElementType::kF32) {
          reinterpret_cast<float*>(row)[x * c + channel] = value;
        } else if (rows.element == kernels::ElementType::kBf16) {
          reinterpret_cast<std::uint16_t*>(row)[x * c + channel] = kernels::Bf16FromFloat(value);
        } else {
          const float pixel = std::clamp(value + kMean[channel], 0.0F, 255.0F);
          row[x * c + channel] = static_cast<std::byte>(std::lround(pixel));
        }
      }
    }
  }
}

PictureWorkspace MapOf(const Tensor& picture, const PictureNetwork& network) {
  PictureWorkspace workspace = network.MakePictureWorkspace();
  Put(picture, network.Input({picture.shape.h, picture.shape.w}, workspace));
  network.RunTrunk(workspace);
  return workspace;
}

std::vector<float> FeaturesOf(const PictureNetwork& network,
                              const PictureWorkspace& picture,
                              const RegionWindow& window) {
  PictureNetwork::RegionWorkspace workspace = network.MakeRegionWorkspace();
  std::vector<float> features(kFeatureDim);
  network.FeaturesOf({&window, 1}, picture, workspace, features);
  return features;
}

double RelativeDifference(std::span<const float> a, std::span<const float> b) {
  double difference = 0;
  double length = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (double{a[i]} - double{b[i]}) * (double{a[i]} - double{b[i]});
    length += double{b[i]} * double{b[i]};
  }
  return std::sqrt(difference / length);
}

// The map of a picture and a window of it through plain loops.
Tensor ReferenceFeaturesOf(const Weights& weights,
                           const Tensor& picture,
                           const RegionWindow& window) {
  std::map<std::string, Tensor> maps = {{kPictureActivation, picture}};
  const auto run = [&](const Layer& layer) {
    const Tensor written = RunReferenceLayer(layer, weights, maps.at(layer.input));
    Tensor& whole = maps[layer.output];
    whole.shape = OutputShape(layer);
    whole.data.insert(whole.data.end(), written.data.begin(), written.data.end());
  };
  const std::vector<Layer> trunk = TrunkLayers({picture.shape.h, picture.shape.w});
  for (const Layer& layer : trunk) run(layer);
  const std::vector<Layer> behind = RegionLayers();
  Tensor region = MakeTensor({1, 832, 7, 7});
  kernels::RegionPoolReference(maps.at(trunk.back().output), window, region);
  maps[behind.front().output] = region;
  for (std::size_t i = 1; i < behind.size(); ++i) run(behind[i]);
  return maps.at(behind.back().output);
}

TEST_CASE("a picture of a crop's size gives the crop's own features") {
  const Weights weights = test::RandomWeights(1);
  const Tensor crop = test::RandomTensor({1, 3, 224, 224}, 2, -100, 150);
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    if (!ProcessorRuns(precision)) continue;
    CAPTURE(precision);
    const Network network(weights, {.precision = precision});
    Workspace workspace = network.MakeWorkspace();
    std::vector<float> of_crop(kFeatureDim);
    network.Features(crop, workspace, of_crop);
    const PictureNetwork pictures(weights, {.precision = precision});
    const std::vector<float> of_region = FeaturesOf(pictures, MapOf(crop, pictures), kWholeCrop);
    CHECK(RelativeDifference(of_region, of_crop) <= 1e-6);
  }
}

TEST_CASE("a window of a picture of any size gives the plain loops' features") {
  const Weights weights = test::RandomWeights(3);
  const Tensor picture = test::RandomTensor({1, 3, 96, 160}, 4, -100, 150);
  const PictureNetwork network(weights, {});
  const PictureWorkspace map = MapOf(picture, network);
  for (const RegionWindow& window : {RegionWindow{.x0 = 20, .y0 = 10, .x1 = 130, .y1 = 90},
                                     RegionWindow{.x0 = -30, .y0 = 40, .x1 = 70, .y1 = 170}}) {
    CAPTURE(window.x0);
    const Tensor reference = ReferenceFeaturesOf(weights, picture, window);
    CHECK(RelativeDifference(FeaturesOf(network, map, window), reference.data) <= 1e-5);
  }
}

TEST_CASE("features do not depend on the pictures before, nor on other threads") {
  const PictureNetwork network(test::RandomWeights(5), {});
  const Tensor wide = test::RandomTensor({1, 3, 64, 96}, 6, -100, 150);
  const Tensor high = test::RandomTensor({1, 3, 96, 64}, 7, -100, 150);
  const RegionWindow window = {.x0 = 5, .y0 = 5, .x1 = 60, .y1 = 60};
  const std::vector<float> of_wide = FeaturesOf(network, MapOf(wide, network), window);
  const std::vector<float> of_high = FeaturesOf(network, MapOf(high, network), window);
  CHECK(of_wide != of_high);

  PictureWorkspace workspace = MapOf(high, network);
  Put(wide, network.Input({64, 96}, workspace));
  network.RunTrunk(workspace);
  CHECK(FeaturesOf(network, workspace, window) == of_wide);

  std::vector<std::vector<float>> found(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < found.size(); ++i) {
      threads.emplace_back([&, i] {
        const Tensor& picture = i % 2 == 0 ? wide : high;
        found[i] = FeaturesOf(network, MapOf(picture, network), window);
      });
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == (i % 2 == 0 ? of_wide : of_high));
}

TEST_CASE("a window's features do not depend on the windows beside it, in any precision") {
  const Tensor picture = test::RandomTensor({1, 3, 64, 96}, 12, -100, 150);
  std::vector<RegionWindow> windows;
  for (int i = 0; i < 19; ++i)
    windows.push_back({.x0 = -5.0 + i, .y0 = 3.0 * i, .x1 = 40.0 + 2 * i, .y1 = 30.0 + 4 * i});
  const Weights weights = test::RandomWeights(13);
  ActivationRanges ranges(weights);
  ranges.AddPicture(picture, windows);
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    if (!ProcessorRuns(precision)) continue;
    const PictureNetwork network(weights,
                                 {.precision = precision, .quantization = ranges.Finish(1, kMean)});
    const PictureWorkspace map = MapOf(picture, network);
    PictureNetwork::RegionWorkspace workspace = network.MakeRegionWorkspace();
    std::vector<float> together(windows.size() * kFeatureDim);
    network.FeaturesOf(windows, map, workspace, together);
    for (std::size_t i = 0; i < windows.size(); ++i) {
      CAPTURE(precision, i);
      const std::vector<float> alone = FeaturesOf(network, map, windows[i]);
      REQUIRE(std::equal(alone.begin(),
                         alone.end(),
                         together.begin() + static_cast<std::ptrdiff_t>(i * kFeatureDim)));
    }
  }
}

TEST_CASE("int8, measured on whole pictures, gives nearly the features of f32") {
  const Weights weights = test::RandomWeights(14);
  const Tensor picture = test::RandomTensor({1, 3, 96, 96}, 15, -100, 120);
  const RegionWindow window = {.x0 = 10, .y0 = 0, .x1 = 90, .y1 = 80};
  ActivationRanges ranges(weights);
  ranges.AddPicture(picture, {{window}});
  const PictureNetwork floats(weights, {});
  if (!ProcessorRuns(Precision::kInt8)) return;
  const PictureNetwork bytes(
      weights, {.precision = Precision::kInt8, .quantization = ranges.Finish(1, kMean)});
  const std::vector<float> expected = FeaturesOf(floats, MapOf(picture, floats), window);
  const double difference =
      RelativeDifference(FeaturesOf(bytes, MapOf(picture, bytes), window), expected);
  CHECK(difference > 0);
  CHECK(difference <= 0.05);
}

TEST_CASE("more sizes than are kept still give each its features") {
  const PictureNetwork network(test::RandomWeights(8), {});
  const RegionWindow window = {.x0 = 0, .y0 = 0, .x1 = 40, .y1 = 30};
  const Tensor first = test::RandomTensor({1, 3, 32, 64}, 9, -100, 150);
  const std::vector<float> before = FeaturesOf(network, MapOf(first, network), window);
  for (std::size_t i = 0; i <= PictureNetwork::kMostSizes; ++i) {
    const Tensor other = test::RandomTensor({1, 3, 32, 66 + 2 * i}, 10, -100, 150);
    CHECK(FeaturesOf(network, MapOf(other, network), window) != before);
  }
  CHECK(FeaturesOf(network, MapOf(first, network), window) == before);
}

TEST_CASE("a region before its picture breaks the contract") {
  const PictureNetwork network(test::RandomWeights(11), {});
  CHECK_THROWS_AS(FeaturesOf(network, network.MakePictureWorkspace(), kWholeCrop),
                  ContractViolation);
}

}  // namespace
}  // namespace deeper
