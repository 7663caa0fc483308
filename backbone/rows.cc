#include "backbone/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace deeper {
namespace {

// The first layer that is not frozen.
std::size_t CountFrozen(const std::vector<Layer>& layers, const std::string& frozen) {
  if (frozen.empty()) return 0;
  const std::vector<std::string> rows = RowNames();
  const auto row = std::ranges::find(rows, frozen);
  if (row == rows.end()) {
    throw Error(
        fmt::format("frozen = '{}': expected nothing or one of {}", frozen, fmt::join(rows, ", ")));
  }
  const std::string next = row + 1 == rows.end() ? layers.back().name : row[1] + "/";
  const auto first = std::ranges::find_if(
      layers, [&](const Layer& layer) { return layer.name.starts_with(next); });
  if (first == layers.end()) {
    throw Error(fmt::format("frozen = '{}': expected a row whose output is not the last", frozen));
  }
  return static_cast<std::size_t>(first - layers.begin());
}

}  // namespace

std::vector<std::string> RowNames() {
  std::vector<std::string> names = {"stem"};
  for (const InceptionRow& row : kInception) names.emplace_back(row.name);
  return names;
}

std::vector<Layer> FrozenLayers(const std::string& frozen) {
  std::vector<Layer> layers = GoogLeNetLayers();
  layers.resize(CountFrozen(layers, frozen));
  return layers;
}

std::vector<Layer> FrozenLayers(const std::string& frozen, const MapSize& picture) {
  std::vector<Layer> layers = TrunkLayers(picture);
  layers.resize(CountFrozen(layers, frozen));
  return layers;
}

std::string RowOutput(std::string_view row) { return std::string(row) + "/output"; }

Layer ConvolutionLayer(const std::string& name,
                       std::string input,
                       std::size_t in_channels,
                       const MapSize& in_size,
                       std::size_t out_channels,
                       const Window& window) {
  return {.name = name,
          .kind = LayerKind::kConvolution,
          .input = std::move(input),
          .output = name,
          .window = window,
          .in_channels = in_channels,
          .in_size = in_size,
          .out_channels = out_channels,
          .out_size = OutputSize(in_size, window, Rounding::kDown)};
}

std::vector<Layer> MapHeadLayers() {
  const std::string prefix = std::string(kMapHeadName) + "/";
  const MapSize last_map = {.height = LastSide(), .width = LastSide()};
  const Window whole_map = {.kernel = LastSide(), .stride = 1, .pad = 0};
  Layer conv = ConvolutionLayer(prefix + "conv",
                                RowOutput(kInception.back().name),
                                kInception.back().Out(),
                                last_map,
                                kMapHeadChannels,
                                {});
  Layer fc = ConvolutionLayer(
      prefix + "fc", conv.name, kMapHeadChannels, last_map, kMapHeadFeatures, whole_map);
  return {std::move(conv), std::move(fc)};
}

std::string MapHeadClassifierName() { return std::string(kMapHeadName) + "/classifier"; }

}  // namespace deeper
