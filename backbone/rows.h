#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/googlenet.h"

namespace deeper {

// GoogLeNet cut at a row of its table: what lies below it is often frozen, and then shared; what
// lies above it, up to the classifier, is trained.

// The rows at which training can begin: "stem" (the convolutions before the inception modules),
// then the names of the inception modules.
std::vector<std::string> RowNames();

// The layers from the crop to the end of the frozen row, with the max pool behind it if there is
// one. Empty for "". An unknown row throws Error, which lists the known ones.
std::vector<Layer> FrozenLayers(const std::string& frozen);
// The same of the trunk of a picture of this size.
std::vector<Layer> FrozenLayers(const std::string& frozen, const MapSize& picture);

// The activation that the inception module of this name writes.
std::string RowOutput(std::string_view row);

// A convolution as a layer. It writes an activation of its own name.
Layer ConvolutionLayer(const std::string& name,
                       std::string input,
                       std::size_t in_channels,
                       const MapSize& in_size,
                       std::size_t out_channels,
                       const Window& window);

// What the main classifier reads.
enum class MainHead {
  kAverage,  // pool5, the global average: what is in the crop (Szegedy et al. 2014, Table 1)
  // The last map with its places: also where it is. Instead of pool5 it has layers as an auxiliary
  // head has them: a 1x1 convolution with 64 filters, a fully connected layer with 512 outputs.
  kMap,
};
inline constexpr std::string_view kMapHeadName = "map_head";
inline constexpr std::size_t kMapHeadChannels = 64;
inline constexpr std::size_t kMapHeadFeatures = 512;

// The layers of a kMap head between the last inception module and the head's classifier, in order.
// And the name of that classifier.
std::vector<Layer> MapHeadLayers();
std::string MapHeadClassifierName();

}  // namespace deeper
