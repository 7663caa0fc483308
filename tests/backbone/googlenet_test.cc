#include "backbone/googlenet.h"

#include <map>
#include <set>
#include <string>

#include "tests/support/catch.h"

namespace deeper {
namespace {

Layer LayerNamed(const std::string& name) {
  for (const Layer& layer : GoogLeNetLayers()) {
    if (layer.name == name) return layer;
  }
  FAIL("no layer " << name);
  return {};
}

TEST_CASE("pooling up gives 56, 28, 14 and 7 where pooling down gives 55, 27, 13 and 6") {
  const Window pool = {.kernel = 3, .stride = 2, .pad = 0};
  for (const std::size_t side : {112U, 56U, 28U, 14U}) {
    CAPTURE(side);
    REQUIRE(OutputSide(side, pool, Rounding::kUp) == side / 2);
    REQUIRE(OutputSide(side, pool, Rounding::kDown) == side / 2 - 1);
  }
}

TEST_CASE("a window that would start in the padding behind the map is left out") {
  // 4 pixels, kernel 2, stride 2, padding 1: windows start at -1, 1, 3; rounding up adds none at 5.
  REQUIRE(OutputSide(4, {.kernel = 2, .stride = 2, .pad = 1}, Rounding::kUp) == 3);
  // 3 pixels, kernel 1, stride 3, padding 1: a window at -1 and one at 2; the one at 5 would see
  // nothing.
  REQUIRE(OutputSide(3, {.kernel = 1, .stride = 3, .pad = 1}, Rounding::kUp) == 2);
}

TEST_CASE("a window of stride 1 padded by half its side keeps the side") {
  for (const std::size_t kernel : {1U, 3U, 5U, 7U}) {
    for (const Rounding rounding : {Rounding::kDown, Rounding::kUp}) {
      REQUIRE(OutputSide(14, {.kernel = kernel, .stride = 1, .pad = kernel / 2}, rounding) == 14);
    }
  }
}

TEST_CASE("GoogLeNet has 57 convolutions, 13 max pools, two normalisations and one average pool") {
  std::map<LayerKind, int> counts;
  for (const Layer& layer : GoogLeNetLayers()) ++counts[layer.kind];
  REQUIRE(counts[LayerKind::kConvolution] == 57);
  REQUIRE(GoogLeNetConvolutions().size() == 57);
  REQUIRE(counts[LayerKind::kMaxPool] == 13);
  REQUIRE(counts[LayerKind::kLrn] == 2);
  REQUIRE(counts[LayerKind::kAveragePool] == 1);
}

TEST_CASE(
    "every layer reads an activation that is complete, of the channels and side that were "
    "written") {
  struct Map {
    std::size_t channels;
    MapSize size;
  };
  std::map<std::string, Map> maps = {{"data", {kInputChannels, kInputSize}}};
  std::set<std::string> read;
  for (const Layer& layer : GoogLeNetLayers()) {
    CAPTURE(layer.name, layer.input, layer.output);
    REQUIRE(maps.count(layer.input) == 1);
    REQUIRE(maps.at(layer.input).channels == layer.in_channels);
    REQUIRE(maps.at(layer.input).size == layer.in_size);
    read.insert(layer.input);
    REQUIRE(read.count(layer.output) == 0);
    Map& output = maps.try_emplace(layer.output, Map{0, layer.out_size}).first->second;
    REQUIRE(output.channels == layer.output_channel);
    REQUIRE(output.size == layer.out_size);
    output.channels += layer.out_channels;
  }
  // Everything that is written is read again, except the features.
  REQUIRE(read.size() == maps.size() - 1);
  REQUIRE(maps.at("pool5/7x7_s1").channels == 1024);
  REQUIRE(maps.at("pool5/7x7_s1").size == MapSize{1, 1});
}

TEST_CASE("names of layers are unique") {
  std::set<std::string> names;
  for (const Layer& layer : GoogLeNetLayers()) REQUIRE(names.insert(layer.name).second);
}

TEST_CASE("layers have the order, the windows and the maps of the BVLC model") {
  const std::vector<Layer> layers = GoogLeNetLayers();
  const char* const stem[] = {"conv1/7x7_s2",
                              "pool1/3x3_s2",
                              "pool1/norm1",
                              "conv2/3x3_reduce",
                              "conv2/3x3",
                              "conv2/norm2",
                              "pool2/3x3_s2"};
  for (std::size_t i = 0; i < std::size(stem); ++i) REQUIRE(layers[i].name == stem[i]);
  REQUIRE(layers.back().name == "pool5/7x7_s1");
  REQUIRE(layers[layers.size() - 2].name == "inception_5b/pool_proj");

  const Layer conv1 = LayerNamed("conv1/7x7_s2");
  REQUIRE(conv1.window == Window{.kernel = 7, .stride = 2, .pad = 3});
  REQUIRE(conv1.out_size == MapSize{112, 112});
  const Layer reduce = LayerNamed("inception_4b/5x5_reduce");
  REQUIRE(WeightShape(reduce) == Shape{24, 512, 1, 1});
  REQUIRE(reduce.in_size == MapSize{14, 14});
  const Layer conv5x5 = LayerNamed("inception_4b/5x5");
  REQUIRE(conv5x5.window == Window{.kernel = 5, .stride = 1, .pad = 2});
  REQUIRE(conv5x5.output == "inception_4b/output");
  REQUIRE(conv5x5.output_channel == 160 + 224);
  REQUIRE(BiasShape(conv5x5) == Shape{64, 1, 1, 1});
  REQUIRE(LayerNamed("inception_4b/pool_proj").input == "inception_4b/pool");
}

TEST_CASE("the convolutions take 1,581,647,872 multiplications a crop") {
  std::size_t macs = 0;
  for (const Layer& layer : GoogLeNetConvolutions()) macs += Macs(layer);
  REQUIRE(macs == 1'581'647'872);
  REQUIRE(Macs(LayerNamed("conv1/7x7_s2")) == std::size_t{64} * 3 * 49 * 112 * 112);
}

}  // namespace
}  // namespace deeper
