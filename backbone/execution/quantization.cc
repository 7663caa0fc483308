#include "backbone/execution/quantization.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "backbone/kernels/instruction_set.h"
#include "core/error.h"
#include "core/remedy.h"

namespace deeper {
namespace {

using kernels::ElementType;
using kernels::Encoding;

// What LRN reads stays in bf16: it squares its input, and 8 bits would leave small values nothing.
std::set<std::string> ReadByLrn(const std::vector<Step>& steps) {
  std::set<std::string> names;
  for (const Step& step : steps) {
    if (step.kind == StepKind::kMaxPoolThenLrn || step.kind == StepKind::kLrnThenMaxPool)
      names.insert(step.layer.input);
  }
  return names;
}

}  // namespace

std::vector<std::string> QuantizedActivations() {
  const std::vector<Step> steps = GoogLeNetSteps();
  const std::set<std::string> read_by_lrn = ReadByLrn(steps);
  std::vector<std::string> names;
  for (const Step& step : steps) {
    const std::string& output = step.layer.output;
    const bool has_own_step =
        step.kind != StepKind::kMaxPool && step.kind != StepKind::kGlobalAverage;
    const bool is_new = names.empty() || std::ranges::find(names, output) == names.end();
    if (has_own_step && is_new && !read_by_lrn.contains(output)) names.push_back(output);
  }
  return names;
}

void ValidateQuantization(const Quantization& quantization, const std::string& source) {
  for (const float mean : quantization.mean_bgr) {
    if (!(mean >= 0 && mean <= 255)) {
      throw Error(source + ": the quantization's mean_bgr has " + std::to_string(mean) +
                  ", expected 0 to 255");
    }
  }
  std::set<std::string> unknown;
  for (const auto& [name, scale] : quantization.scales) unknown.insert(name);
  for (const std::string& name : QuantizedActivations()) {
    const auto found = quantization.scales.find(name);
    if (found == quantization.scales.end()) {
      throw ErrorWithRemedy(
          source + ": the quantization has no scale of '" + name + "'; measure the network again",
          Remedy::kMeasureQuantization);
    }
    if (!(found->second > 0) || !std::isfinite(found->second)) {
      throw Error(source + ": the quantization's scale of '" + name + "' is " +
                  std::to_string(found->second) + ", expected a number above 0");
    }
    unknown.erase(name);
  }
  if (!unknown.empty()) {
    throw Error(source + ": the quantization has a scale of '" + *unknown.begin() +
                "', which GoogLeNet does not store in 8 bits");
  }
}

std::map<std::string, Encoding> EncodingsOf(const std::vector<Step>& steps,
                                            Precision precision,
                                            const Quantization* quantization) {
  const bool is_int8 = precision == Precision::kInt8;
  Expects(!is_int8 || quantization != nullptr, "int8 with its quantization");
  const std::set<std::string> read_by_lrn = ReadByLrn(steps);
  const ElementType wide = is_int8                        ? kernels::WideElementOfInt8()
                           : precision == Precision::kF32 ? ElementType::kF32
                                                          : ElementType::kBf16;
  std::map<std::string, Encoding> encodings;
  const std::string& input = steps.front().layer.input;
  const float input_scale =
      is_int8 && input != kPictureActivation ? quantization->scales.at(input) : 1;
  encodings[input] = {is_int8 ? ElementType::kU8 : wide, input_scale};
  for (const Step& step : steps) {
    Encoding encoding;
    if (!is_int8 || read_by_lrn.contains(step.layer.output)) {
      encoding = {wide, 1};
    } else if (step.kind == StepKind::kMaxPool || step.kind == StepKind::kGlobalAverage) {
      encoding = encodings.at(step.layer.input);
    } else {
      encoding = {ElementType::kU8, quantization->scales.at(step.layer.output)};
    }
    encodings[step.layer.output] = encoding;
    encodings[step.layer.name] = encoding;
  }
  return encodings;
}

}  // namespace deeper
