#include "backbone/execution/activation_plan.h"

#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace deeper {
namespace {

bool Overlap(std::size_t begin_a, std::size_t end_a, std::size_t begin_b, std::size_t end_b) {
  return begin_a < end_b && begin_b < end_a;
}

// The same number of bytes for every value.
auto Bytes(std::size_t count) {
  return [count](const std::string&) { return count; };
}

TEST_CASE("two activations that are needed at the same time share no byte") {
  const ActivationPlan plan = PlanActivations(GoogLeNetLayers(), Bytes(4));
  for (const auto& [name_a, a] : plan.activations) {
    REQUIRE(a.offset_bytes + a.size_bytes <= plan.arena_bytes);
    REQUIRE(a.offset_bytes % kActivationAlignment == 0);
    REQUIRE(a.size_bytes >= a.shape.Count() * 4);
    for (const auto& [name_b, b] : plan.activations) {
      if (name_a == name_b) continue;
      CAPTURE(name_a, name_b);
      const bool in_time =
          Overlap(a.first_layer, a.last_layer + 1, b.first_layer, b.last_layer + 1);
      const bool in_memory = Overlap(a.offset_bytes,
                                     a.offset_bytes + a.size_bytes,
                                     b.offset_bytes,
                                     b.offset_bytes + b.size_bytes);
      REQUIRE_FALSE((in_time && in_memory));
    }
  }
}

TEST_CASE("an activation lives from the first layer that writes it to the last that reads it") {
  const std::vector<Layer> layers = GoogLeNetLayers();
  const ActivationPlan plan = PlanActivations(layers, Bytes(4));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    CAPTURE(layers[i].name);
    for (const std::string& touched : {layers[i].input, layers[i].output}) {
      if (touched == "data") continue;
      REQUIRE(plan.activations.at(touched).first_layer <= i);
      REQUIRE(plan.activations.at(touched).last_layer >= i);
    }
  }
  REQUIRE(plan.activations.at("conv1/7x7_s2").first_layer == 0);
  REQUIRE(plan.activations.at("conv1/7x7_s2").last_layer == 1);
  REQUIRE_FALSE(plan.activations.contains("data"));
  REQUIRE(plan.activations.at("inception_3a/output").shape == Shape{1, 256, 28, 28});
}

TEST_CASE(
    "a branch of an inception module has a dense activation of its own, other layers have not") {
  const ActivationPlan plan = PlanActivations(GoogLeNetLayers(), Bytes(2));
  REQUIRE(plan.activations.at("inception_3a/5x5").shape == Shape{1, 32, 28, 28});
  for (const Layer& layer : GoogLeNetLayers()) {
    CAPTURE(layer.name);
    REQUIRE(plan.activations.count(layer.name) == 1);
    REQUIRE(WritesSlice(layer) == (layer.output.find("/output") != std::string::npos));
  }
}

TEST_CASE("each activation takes the bytes of its own values") {
  const ActivationPlan plan = PlanActivations(
      GoogLeNetLayers(), [](const std::string& name) { return name == "conv2/3x3" ? 2U : 1U; });
  REQUIRE(plan.activations.at("conv2/3x3").size_bytes == 2 * 192 * 56 * 56);
  REQUIRE(plan.activations.at("pool1/norm1").size_bytes == 64 * 56 * 56);
}

TEST_CASE("a crop's activations fit in less than half of what they would take side by side") {
  const ActivationPlan plan = PlanActivations(GoogLeNetLayers(), Bytes(4));
  std::size_t side_by_side = 0;
  for (const auto& [name, activation] : plan.activations) side_by_side += activation.size_bytes;
  REQUIRE(2 * plan.arena_bytes < side_by_side);
}

}  // namespace
}  // namespace deeper
