#include "backbone/googlenet.h"

#include <algorithm>
#include <iterator>

#include "core/error.h"

namespace deeper {
namespace {

// Behind it begins what runs on each region.
constexpr std::string_view kRegionPool = "pool4/3x3_s2";

// An activation while the network is being laid out.
struct Map {
  std::string name;
  std::size_t channels = 0;
  MapSize size{};
};

Layer ConvolutionLayer(const std::string& name,
                       const Map& input,
                       std::size_t out_channels,
                       const Window& window) {
  return {.name = name,
          .kind = LayerKind::kConvolution,
          .input = input.name,
          .output = name,
          .window = window,
          .in_channels = input.channels,
          .in_size = input.size,
          .out_channels = out_channels,
          .out_size = OutputSize(input.size, window, Rounding::kDown)};
}

Layer PoolLayer(const std::string& name, LayerKind kind, const Map& input, const Window& window) {
  return {.name = name,
          .kind = kind,
          .input = input.name,
          .output = name,
          .window = window,
          .in_channels = input.channels,
          .in_size = input.size,
          .out_channels = input.channels,
          .out_size = OutputSize(input.size, window, Rounding::kUp)};
}

Layer LrnLayer(const std::string& name, const Map& input) {
  return {.name = name,
          .kind = LayerKind::kLrn,
          .input = input.name,
          .output = name,
          .in_channels = input.channels,
          .in_size = input.size,
          .out_channels = input.channels,
          .out_size = input.size};
}

// Appends layers one behind the other.
class LayerList {
 public:
  Map Append(Layer layer) {
    Map output = {layer.output, layer.out_channels, layer.out_size};
    layers_.push_back(std::move(layer));
    return output;
  }

  Map AppendStem(const Map& data) {
    const auto convolve = [this](const StemRow& row, const Map& input) {
      return Append(ConvolutionLayer(std::string(row.name), input, row.out, row.window));
    };
    Map map = convolve(kConv1, data);
    map = Append(PoolLayer("pool1/3x3_s2", LayerKind::kMaxPool, map, kStridedPool));
    map = Append(LrnLayer("pool1/norm1", map));
    map = convolve(kConv2Reduce, map);
    map = convolve(kConv2, map);
    map = Append(LrnLayer("conv2/norm2", map));
    return Append(PoolLayer("pool2/3x3_s2", LayerKind::kMaxPool, map, kStridedPool));
  }

  // The four branches of Szegedy et al. 2014, figure 2(b), concatenated in this order.
  Map AppendInception(const InceptionRow& row, const Map& input) {
    const std::string prefix = std::string(row.name) + "/";
    Map output = {prefix + "output", row.Out(), input.size};
    std::size_t channel = 0;
    const auto convolve =
        [&](const char* name, const Map& from, std::size_t out, std::size_t kernel) {
          const Window window = {.kernel = kernel, .stride = 1, .pad = kernel / 2};
          return ConvolutionLayer(prefix + name, from, out, window);
        };
    const auto append_branch_end = [&](Layer layer) {
      layer.output = output.name;
      layer.output_channel = channel;
      channel += layer.out_channels;
      Append(std::move(layer));
    };
    append_branch_end(convolve("1x1", input, row.conv1x1, 1));
    const Map reduced3x3 = Append(convolve("3x3_reduce", input, row.reduce3x3, 1));
    append_branch_end(convolve("3x3", reduced3x3, row.conv3x3, 3));
    const Map reduced5x5 = Append(convolve("5x5_reduce", input, row.reduce5x5, 1));
    append_branch_end(convolve("5x5", reduced5x5, row.conv5x5, 5));
    const Map pooled =
        Append(PoolLayer(prefix + "pool", LayerKind::kMaxPool, input, kInceptionPool));
    append_branch_end(convolve("pool_proj", pooled, row.pool_proj, 1));
    return output;
  }

  // The module and the pool behind it.
  Map AppendRow(const InceptionRow& row, const Map& input) {
    const Map map = AppendInception(row, input);
    if (row.pool_after.empty()) return map;
    return Append(PoolLayer(std::string(row.pool_after), LayerKind::kMaxPool, map, kStridedPool));
  }

  std::vector<Layer> Take() { return std::move(layers_); }

 private:
  std::vector<Layer> layers_;
};

}  // namespace

std::vector<Layer> GoogLeNetLayers() {
  LayerList list;
  Map map = list.AppendStem({kPictureActivation, kInputChannels, kInputSize});
  for (const InceptionRow& row : kInception) map = list.AppendRow(row, map);
  list.Append(PoolLayer("pool5/7x7_s1", LayerKind::kAveragePool, map, kGlobalPool));
  return list.Take();
}

std::vector<Layer> TrunkLayers(const MapSize& picture) {
  Expects(std::min(picture.height, picture.width) >= kSmallestTrunkSide,
          "a picture of at least 32 x 32 pixels");
  LayerList list;
  Map map = list.AppendStem({kPictureActivation, kInputChannels, picture});
  for (const InceptionRow& row : kInception) {
    if (row.pool_after == kRegionPool) {
      list.AppendInception(row, map);
      break;
    }
    map = list.AppendRow(row, map);
  }
  return list.Take();
}

std::vector<Layer> RegionLayers() {
  std::vector<Layer> layers = GoogLeNetLayers();
  const auto first = std::ranges::find(layers, kRegionPool, &Layer::name);
  layers.erase(layers.begin(), first);
  return layers;
}

std::vector<Layer> GoogLeNetConvolutions() {
  const std::vector<Layer> layers = GoogLeNetLayers();
  std::vector<Layer> convolutions;
  std::copy_if(
      layers.begin(), layers.end(), std::back_inserter(convolutions), [](const Layer& layer) {
        return layer.kind == LayerKind::kConvolution;
      });
  return convolutions;
}

Shape WeightShape(const Layer& convolution) {
  return {convolution.out_channels,
          convolution.in_channels,
          convolution.window.kernel,
          convolution.window.kernel};
}

Shape BiasShape(const Layer& convolution) { return {convolution.out_channels, 1, 1, 1}; }

Shape OutputShape(const Layer& layer) {
  return {
      1, layer.output_channel + layer.out_channels, layer.out_size.height, layer.out_size.width};
}

std::size_t Macs(const Layer& convolution) {
  return WeightShape(convolution).Count() * convolution.out_size.Pixels();
}

std::string WeightName(std::string_view layer_name) { return std::string(layer_name) + "/weight"; }

std::string BiasName(std::string_view layer_name) { return std::string(layer_name) + "/bias"; }

}  // namespace deeper
