#include "backbone/execution/quantization.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "backbone/execution/layer_stack.h"
#include "backbone/kernels/onednn.h"
#include "core/error.h"

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

// Counts of values > 0 by their upper 16 bits: a resolution of 1/128 over the whole range of f32.
class Histogram {
 public:
  Histogram() : counts_(kBins) {}

  void Add(std::span<const float> values) {
    for (const float value : values) {
      if (value > 0) ++counts_[std::bit_cast<std::uint32_t>(value) >> 16U];
    }
    total_ += values.size();
  }

  void Add(const Histogram& other) {
    for (std::size_t i = 0; i < kBins; ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
  }

  // The smallest bound with at least `fraction` of the values at or below it, up to the resolution;
  // 0 when no more than these are above 0.
  float Quantile(double fraction) const {
    const auto above = static_cast<std::uint64_t>((1 - fraction) * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t bin = kBins; bin-- > 0;) {
      seen += counts_[bin];
      if (seen > above) return std::bit_cast<float>((static_cast<std::uint32_t>(bin) + 1) << 16U);
    }
    return 0;
  }

 private:
  static constexpr std::size_t kBins = 0x7F80;  // up to infinity
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

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
      throw Error(source + ": the quantization has no scale of '" + name +
                  "' - measure it with 'deeper model quantize'");
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
  encodings[steps.front().layer.input] = {is_int8 ? ElementType::kU8 : wide, 1};
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

struct Calibrator::State {
  explicit State(const Weights& weights) : stack(weights, Precision::kF32), buffers(stack) {
    for (const std::string& name : QuantizedActivations()) histograms[name];
  }

  LayerStack stack;
  LayerStack::Buffers buffers;
  std::map<std::string, Histogram> histograms;
  std::size_t crops = 0;
};

Calibrator::Calibrator(const Weights& weights) {
  ValidateGoogLeNetWeights(weights, "backbone");
  state_ = std::make_unique<State>(weights);
}
Calibrator::Calibrator(Calibrator&&) noexcept = default;
Calibrator& Calibrator::operator=(Calibrator&&) noexcept = default;
Calibrator::~Calibrator() = default;

void Calibrator::Add(TensorView crop) {
  std::vector<float> features(kFeatureDim);
  state_->stack.PutCrop(crop, state_->buffers);
  state_->stack.Run(state_->buffers, features, [this](const Step& step, const auto& output) {
    const auto histogram = state_->histograms.find(step.layer.output);
    if (histogram != state_->histograms.end()) histogram->second.Add(output().data);
  });
  ++state_->crops;
}

void Calibrator::Merge(const Calibrator& other) {
  for (auto& [name, histogram] : state_->histograms) {
    histogram.Add(other.state_->histograms.at(name));
  }
  state_->crops += other.state_->crops;
}

Quantization Calibrator::Finish(double fraction, const std::array<float, 3>& mean_bgr) const {
  Expects(state_->crops > 0, "at least one crop");
  Expects(fraction > 0 && fraction <= 1, "a fraction of the values, above 0");
  constexpr float kSteps = 255;
  Quantization quantization{.mean_bgr = mean_bgr, .scales = {}};
  for (const auto& [name, histogram] : state_->histograms) {
    const float largest = histogram.Quantile(fraction);
    quantization.scales[name] = largest > 0 ? largest / kSteps : 1;
  }
  return quantization;
}

}  // namespace deeper
