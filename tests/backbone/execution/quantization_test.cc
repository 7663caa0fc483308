#include "backbone/execution/quantization.h"

#include <algorithm>
#include <set>

#include "backbone/files/quantization_json.h"
#include "backbone/kernels/instruction_set.h"
#include "backbone/network.h"
#include "backbone/precision.h"
#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/remedy.h"

namespace deeper {
namespace {

using kernels::ElementType;

Quantization SomeQuantization() {
  Quantization quantization;
  for (const std::string& name : QuantizedActivations()) quantization.scales[name] = 0.5F;
  return quantization;
}

TEST_CASE("in 8 bits are the activations that a convolution reads; what LRN reads stays wider") {
  const std::vector<Step> steps = GoogLeNetSteps();
  const Quantization quantization = SomeQuantization();
  const auto encodings = EncodingsOf(steps, Precision::kInt8, &quantization);
  for (const Step& step : steps) {
    CAPTURE(step.name);
    const bool is_convolution = step.kind == StepKind::kConvolution;
    if (is_convolution) CHECK(encodings.at(step.layer.input).element == ElementType::kU8);
  }
  CHECK(encodings.at("conv1/7x7_s2").element == kernels::WideElementOfInt8());
  CHECK(encodings.at("conv2/3x3").element == kernels::WideElementOfInt8());
  CHECK(encodings.at("pool1/norm1").element == ElementType::kU8);
}

TEST_CASE("pools and the branches of a module have the step of what they read and write") {
  const std::vector<Step> steps = GoogLeNetSteps();
  Quantization quantization = SomeQuantization();
  quantization.scales.at("inception_3b/output") = 0.25F;
  const auto encodings = EncodingsOf(steps, Precision::kInt8, &quantization);
  CHECK(encodings.at("inception_3b/5x5").scale == 0.25F);
  CHECK(encodings.at("pool3/3x3_s2").scale == 0.25F);
  CHECK(encodings.at("inception_4a/pool").scale == 0.25F);
  CHECK(encodings.at("inception_4a/output").scale == 0.5F);
}

TEST_CASE("f32 and bf16 keep every activation in their own type") {
  for (const auto& [name, encoding] : EncodingsOf(GoogLeNetSteps(), Precision::kF32, nullptr)) {
    CHECK(encoding.element == ElementType::kF32);
  }
  for (const auto& [name, encoding] : EncodingsOf(GoogLeNetSteps(), Precision::kBf16, nullptr)) {
    CHECK(encoding.element == ElementType::kBf16);
  }
}

TEST_CASE("a quantization that lacks, adds or spoils a scale is refused by its name") {
  REQUIRE_NOTHROW(ValidateQuantization(SomeQuantization(), "file"));
  Quantization lacking = SomeQuantization();
  lacking.scales.erase("inception_4c/5x5_reduce");
  CHECK_THROWS_WITH(ValidateQuantization(lacking, "file"),
                    Catch::Contains("inception_4c/5x5_reduce"));
  CHECK(test::RemedyOf([&] { ValidateQuantization(lacking, "file"); }) ==
        Remedy::kMeasureQuantization);
  Quantization extra = SomeQuantization();
  extra.scales["inception_9z"] = 1;
  CHECK_THROWS_WITH(ValidateQuantization(extra, "file"), Catch::Contains("inception_9z"));
  Quantization zero = SomeQuantization();
  zero.scales.at("pool1/norm1") = 0;
  CHECK_THROWS_WITH(ValidateQuantization(zero, "file"), Catch::Contains("pool1/norm1"));
  Quantization bright = SomeQuantization();
  bright.mean_bgr[1] = 300;
  CHECK_THROWS_WITH(ValidateQuantization(bright, "file"), Catch::Contains("mean_bgr"));
}

TEST_CASE("a quantization comes back from its JSON") {
  Quantization quantization = SomeQuantization();
  quantization.mean_bgr = {1.5F, 2, 3};
  quantization.scales.at("pool1/norm1") = 0.1F;
  const Json json = Json::parse(JsonOf(quantization).dump());
  REQUIRE(QuantizationFrom(JsonObject(json, "file")) == quantization);
}

}  // namespace
}  // namespace deeper
