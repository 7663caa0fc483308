#include "backbone/execution/steps.h"

#include <set>
#include <string>

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("each LRN runs in one pass with the pool beside it, and every other layer alone") {
  const std::vector<Step> steps = GoogLeNetSteps();
  REQUIRE(steps.size() == GoogLeNetLayers().size() - 2);
  REQUIRE(steps[1].kind == StepKind::kMaxPoolThenLrn);
  REQUIRE(steps[1].name == "pool1/3x3_s2 + pool1/norm1");
  REQUIRE(steps[4].kind == StepKind::kLrnThenMaxPool);
  REQUIRE(steps[4].name == "conv2/norm2 + pool2/3x3_s2");
}

TEST_CASE("a step of two layers reads what the first reads and writes what the second writes") {
  const Layer layer = GoogLeNetSteps()[1].layer;
  REQUIRE(layer.input == "conv1/7x7_s2");
  REQUIRE(layer.output == "pool1/norm1");
  REQUIRE(layer.in_size == MapSize{112, 112});
  REQUIRE(layer.out_size == MapSize{56, 56});
  REQUIRE(layer.window == kStridedPool);
}

TEST_CASE("every step reads what a step before it writes") {
  std::set<std::string> written = {"data"};
  for (const Step& step : GoogLeNetSteps()) {
    CAPTURE(step.name);
    REQUIRE(written.contains(step.layer.input));
    written.insert(step.layer.output);
  }
}

}  // namespace
}  // namespace deeper
