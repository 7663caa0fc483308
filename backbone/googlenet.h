#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/tensor.h"

namespace deeper {

// GoogLeNet as Table 1 of Szegedy et al. 2014 has it. The table below is the only description of
// the network: layer names, weight shapes, buffers and the summary are derived from it. The
// auxiliary training heads are not part of it.

// How a square window slides over a square map, the same in both directions. All in pixels.
struct Window {
  std::size_t kernel = 1;
  std::size_t stride = 1;
  std::size_t pad = 0;

  bool operator==(const Window&) const = default;
};

// Which way the number of window positions is rounded when they do not fit evenly. GoogLeNet
// convolves with kDown and pools with kUp, as Caffe does.
enum class Rounding { kDown, kUp };

// Side of the map that `window` makes of a map of side `side`. A position that would start in the
// padding behind the map is left out (Caffe). Expects side + 2 pad >= kernel and pad < kernel.
constexpr std::size_t OutputSide(std::size_t side, const Window& window, Rounding rounding) {
  const std::size_t slack = rounding == Rounding::kUp ? window.stride - 1 : 0;
  const std::size_t last = (side + 2 * window.pad - window.kernel + slack) / window.stride;
  return last * window.stride >= side + window.pad ? last : last + 1;
}

// Height and width of a map, in its pixels.
struct MapSize {
  std::size_t height = 0;
  std::size_t width = 0;

  constexpr std::size_t Pixels() const { return height * width; }
  auto operator<=>(const MapSize&) const = default;
};

// OutputSide in both directions.
constexpr MapSize OutputSize(const MapSize& map, const Window& window, Rounding rounding) {
  return {OutputSide(map.height, window, rounding), OutputSide(map.width, window, rounding)};
}

// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3, as in Caffe):
//   y = x (k + alpha/size sum x'^2)^-beta
// The sum is over the `size` channels around that of x.
struct LrnParameters {
  std::size_t size = 5;
  float alpha = 1e-4F;
  float beta = 0.75F;
  float k = 1.0F;
};
inline constexpr LrnParameters kLrnParameters{};

inline constexpr std::size_t kInputChannels = 3;  // blue, green, red
inline constexpr std::size_t kInputSide = 224;
inline constexpr MapSize kInputSize = {.height = kInputSide, .width = kInputSide};

// A convolution of the stem, before the inception modules.
struct StemRow {
  std::string_view name;
  std::size_t in, out;
  Window window;
};

// An inception module: numbers of filters in the columns of Table 1.
struct InceptionRow {
  std::string_view name;
  std::size_t in, conv1x1, reduce3x3, conv3x3, reduce5x5, conv5x5, pool_proj;
  std::string_view pool_after;  // the max pool 3x3/2 that follows; empty when none does

  constexpr std::size_t Out() const { return conv1x1 + conv3x3 + conv5x5 + pool_proj; }
};

// clang-format off
inline constexpr StemRow kConv1       = {"conv1/7x7_s2",       3,  64, {.kernel = 7, .stride = 2, .pad = 3}};
inline constexpr StemRow kConv2Reduce = {"conv2/3x3_reduce",  64,  64, {.kernel = 1, .stride = 1, .pad = 0}};
inline constexpr StemRow kConv2       = {"conv2/3x3",         64, 192, {.kernel = 3, .stride = 1, .pad = 1}};

inline constexpr std::array<InceptionRow, 9> kInception = {{
    // name           in  1x1  3x3r  3x3  5x5r  5x5 proj  pool after
    {"inception_3a", 192,  64,   96, 128,   16,  32,  32, ""},
    {"inception_3b", 256, 128,  128, 192,   32,  96,  64, "pool3/3x3_s2"},
    {"inception_4a", 480, 192,   96, 208,   16,  48,  64, ""},
    {"inception_4b", 512, 160,  112, 224,   24,  64,  64, ""},
    {"inception_4c", 512, 128,  128, 256,   24,  64,  64, ""},
    {"inception_4d", 512, 112,  144, 288,   32,  64,  64, ""},
    {"inception_4e", 528, 256,  160, 320,   32, 128, 128, "pool4/3x3_s2"},
    {"inception_5a", 832, 256,  160, 320,   32, 128, 128, ""},
    {"inception_5b", 832, 384,  192, 384,   48, 128, 128, ""},
}};
// clang-format on

inline constexpr Window kStridedPool = {.kernel = 3, .stride = 2, .pad = 0};
inline constexpr Window kInceptionPool = {.kernel = 3, .stride = 1, .pad = 1};

// Whether every row of the table reads as many channels as the row above writes.
constexpr bool RowsChain() {
  std::size_t channels = kInputChannels;
  for (const StemRow& row : {kConv1, kConv2Reduce, kConv2}) {
    if (row.in != channels) return false;
    channels = row.out;
  }
  for (const InceptionRow& row : kInception) {
    if (row.in != channels) return false;
    channels = row.Out();
  }
  return true;
}

// Side of the map that reaches the global average pool.
constexpr std::size_t LastSide() {
  std::size_t side = OutputSide(kInputSide, kConv1.window, Rounding::kDown);
  side = OutputSide(side, kStridedPool, Rounding::kUp);  // pool1
  side = OutputSide(side, kStridedPool, Rounding::kUp);  // pool2
  for (const InceptionRow& row : kInception) {
    if (!row.pool_after.empty()) side = OutputSide(side, kStridedPool, Rounding::kUp);
  }
  return side;
}

static_assert(RowsChain(), "each row must read what the row above writes");
static_assert(kInception.back().Out() == 1024, "the features of pool5");
static_assert(LastSide() == 7, "pooling rounds up: 112, 56, 28, 14, 7");

inline constexpr std::size_t kFeatureDim = kInception.back().Out();  // values of pool5

inline constexpr Window kGlobalPool = {.kernel = LastSide(), .stride = 1, .pad = 0};

// The linear layer behind pool5. It is not in GoogLeNetLayers(), because its number of classes
// comes with the weights.
inline constexpr std::string_view kClassifierName = "loss3/classifier";

// A convolution is followed by its ReLU.
enum class LayerKind { kConvolution, kMaxPool, kAveragePool, kLrn };

// A layer with its place in the network. A layer reads all of one activation. It writes another, or
// some channels of it: the four branches of an inception module write side by side into the
// module's "/output".
struct Layer {
  std::string name;  // Caffe's, of the BVLC model
  LayerKind kind = LayerKind::kConvolution;
  std::string input;               // the activation that it reads; "data" is the crop
  std::string output;              // the activation that it writes
  std::size_t output_channel = 0;  // the first channel of `output` that it writes
  Window window{};                 // not for kLrn
  std::size_t in_channels = 0;
  MapSize in_size{};
  std::size_t out_channels = 0;
  MapSize out_size{};

  bool operator==(const Layer&) const = default;
};

// Called for one layer after the other with what it wrote. output: the layer's own channels alone,
// NCHW.
using LayerObserver = std::function<void(const Layer& layer, const Tensor& output)>;

// The name of what the first layer reads: a picture.
inline constexpr const char* kPictureActivation = "data";

// Every layer from "data" to "pool5/7x7_s1". Each stands behind those that it reads.
std::vector<Layer> GoogLeNetLayers();

// The trunk: the layers from "data", a picture of this size, to the output of inception_4e, which
// is 16 times smaller. What a crop meets behind it, from pool4 on, then runs on each region of this
// map (Girshick 2015, section 2.1). Expects sides of at least kSmallestTrunkSide.
std::vector<Layer> TrunkLayers(const MapSize& picture);
inline constexpr std::size_t kSmallestTrunkSide = 32;

// The layers behind the trunk for a map of 14 x 14 cells: pool4 to pool5.
std::vector<Layer> RegionLayers();

// Its 57 convolutions, in the same order.
std::vector<Layer> GoogLeNetConvolutions();

// Shapes of a convolution's learned values.
//   weight: (out, in, kernel, kernel)
//   bias:   (out, 1, 1, 1)
Shape WeightShape(const Layer& convolution);
Shape BiasShape(const Layer& convolution);

// Shape of the activation that the layer writes, with the channels that stand before its own: all
// of it behind the last layer that writes there.
Shape OutputShape(const Layer& layer);

// Multiplications of one picture in this convolution.
std::size_t Macs(const Layer& convolution);

// Names of a layer's learned values in Weights: "conv1/7x7_s2/weight", "conv1/7x7_s2/bias".
std::string WeightName(std::string_view layer_name);
std::string BiasName(std::string_view layer_name);

}  // namespace deeper
