#include "backbone/execution/activation_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backbone/execution/layer_stack.h"
#include "backbone/precision.h"
#include "core/error.h"

namespace deeper {
namespace {

[[noreturn]] void ThrowOverflow(const std::string& layer, const std::string& found) {
  throw Error(
      fmt::format("layer '{}': expected values that a float holds, found {}; the network overflows "
                  "there, so that no range of int8 holds it: train or import its weights again",
                  layer,
                  found));
}

// The largest magnitude of the values. Throws Error naming the layer that gives them unless all are
// finite.
double LargestFinite(const std::string& layer, std::span<const float> values) {
  float largest = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) ThrowOverflow(layer, fmt::format("{}", value));
    largest = std::max(largest, std::abs(value));
  }
  return double{largest};
}

// How large a convolution's sums can become: over its filters, the largest sum of the weights'
// magnitudes, for inputs of up to 1, and the largest bias.
struct Reach {
  double weights = 0;
  double bias = 0;
};

Reach ReachOf(const Tensor& weights, const Tensor& biases) {
  Reach reach;
  const std::size_t of_filter = weights.shape.Count() / weights.shape.n;
  for (std::size_t n = 0; n < weights.shape.n; ++n) {
    double sum = 0;
    for (std::size_t i = 0; i < of_filter; ++i)
      sum += std::abs(double{weights.data[n * of_filter + i]});
    reach.weights = std::max(reach.weights, sum);
  }
  for (const float bias : biases.data) reach.bias = std::max(reach.bias, std::abs(double{bias}));
  return reach;
}

// Counts of values > 0 by their upper 16 bits: a resolution of 1/128 over the whole range of f32.
// Expects finite values.
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

  // The smallest finite bound with at least `fraction` of the values at or below it, up to the
  // resolution; 0 when no more than these are above 0.
  float Quantile(double fraction) const {
    const auto above = static_cast<std::uint64_t>((1 - fraction) * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t bin = kBins; bin-- > 0;) {
      seen += counts_[bin];
      if (seen <= above) continue;
      const auto end = std::bit_cast<float>((static_cast<std::uint32_t>(bin) + 1) << 16U);
      return std::min(end, std::numeric_limits<float>::max());
    }
    return 0;
  }

 private:
  static constexpr std::size_t kBins = 0x7F80;  // up to infinity
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

}  // namespace

struct ActivationRanges::State {
  // Layers with memory to run them in.
  struct Runner {
    Runner(const Weights& weights, std::vector<Step> steps)
        : stack(weights, Precision::kF32, std::nullopt, std::move(steps)), buffers(stack) {}

    LayerStack stack;
    LayerStack::Buffers buffers;
  };

  explicit State(const Weights& given) : weights(given) {
    for (const std::string& name : QuantizedActivations()) histograms[name];
    for (const Layer& convolution : GoogLeNetConvolutions()) {
      reaches[convolution.name] =
          ReachOf(weights.at(WeightName(convolution.name)), weights.at(BiasName(convolution.name)));
    }
  }

  // The largest magnitude that the step can meet in its sums, in f32. Where it passes what a float
  // holds, its output may still look finite: sums that became NaN are 0 behind ReLU and LRN.
  double LargestSumOf(const Step& step) const {
    constexpr double kLrnSize = 5;
    const auto found = largest.find(step.layer.input);
    const double input = found == largest.end() ? largest_of_all : found->second;
    if (step.kind == StepKind::kMaxPoolThenLrn || step.kind == StepKind::kLrnThenMaxPool)
      return kLrnSize * input * input;
    const auto reach = reaches.find(step.layer.name);
    return reach == reaches.end() ? input : reach->second.weights * input + reach->second.bias;
  }

  void BeginInput(std::span<const float> values) {
    largest.clear();
    largest_of_all = LargestFinite("data", values);
    largest["data"] = largest_of_all;
  }

  LayerStack::StepObserver Observer() {
    return [this](const Step& step, const auto& output) {
      const double sum = LargestSumOf(step);
      if (sum > double{std::numeric_limits<float>::max()})
        ThrowOverflow(step.layer.name, fmt::format("sums of up to {:.3g}", sum));
      const Tensor values = output();
      double& of_output = largest[step.layer.output];
      of_output = std::max(of_output, LargestFinite(step.layer.name, values.data));
      largest_of_all = std::max(largest_of_all, of_output);
      const auto histogram = histograms.find(step.layer.output);
      if (histogram != histograms.end()) histogram->second.Add(values.data);
    };
  }

  Weights weights;
  std::optional<Runner> crop_runner;
  std::optional<Runner> trunk;  // for pictures of the size that came last
  std::optional<Runner> regions;
  std::map<std::string, Histogram> histograms;
  std::map<std::string, Reach> reaches;   // of convolutions, by layer
  std::map<std::string, double> largest;  // of the input under way: magnitude by activation
  double largest_of_all = 0;
  std::size_t inputs = 0;
};

ActivationRanges::ActivationRanges(const Weights& weights) {
  ValidateGoogLeNetWeights(weights, "backbone");
  state_ = std::make_unique<State>(weights);
}
ActivationRanges::ActivationRanges(ActivationRanges&&) noexcept = default;
ActivationRanges& ActivationRanges::operator=(ActivationRanges&&) noexcept = default;
ActivationRanges::~ActivationRanges() = default;

void ActivationRanges::Add(TensorView crop) {
  std::vector<float> features(kFeatureDim);
  std::optional<State::Runner>& runner = state_->crop_runner;
  if (!runner) runner.emplace(state_->weights, GoogLeNetSteps());
  state_->BeginInput(crop.data);
  runner->stack.PutPicture(crop, runner->buffers);
  runner->stack.Run(runner->buffers, features, state_->Observer());
  ++state_->inputs;
}

void ActivationRanges::AddPicture(TensorView picture,
                                  std::span<const kernels::RegionWindow> windows) {
  const MapSize size = {.height = picture.shape.h, .width = picture.shape.w};
  std::optional<State::Runner>& trunk = state_->trunk;
  if (!trunk || trunk->stack.steps().front().layer.in_size != size)
    trunk.emplace(state_->weights, TrunkSteps(size));
  std::optional<State::Runner>& regions = state_->regions;
  if (!regions) regions.emplace(state_->weights, RegionSteps());

  const std::size_t steps = trunk->stack.steps().size();
  state_->BeginInput(picture.data);
  trunk->stack.PutPicture(picture, trunk->buffers);
  const std::span<const std::byte> map =
      trunk->stack.RunFirst(steps, trunk->buffers, state_->Observer());
  const Shape shape = OutputShape(trunk->stack.steps().back().layer);
  std::vector<float> region(kernels::kRegionSide * kernels::kRegionSide * shape.c);
  std::vector<float> features(kFeatureDim);
  for (const kernels::RegionWindow& window : windows) {
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span(region));
    kernels::RegionPool(map, shape, kernels::ElementType::kF32, window, bytes);
    regions->stack.RunBehind(1, bytes, regions->buffers, features, state_->Observer());
  }
  ++state_->inputs;
}

void ActivationRanges::Merge(const ActivationRanges& other) {
  for (auto& [name, histogram] : state_->histograms) {
    histogram.Add(other.state_->histograms.at(name));
  }
  state_->inputs += other.state_->inputs;
}

Quantization ActivationRanges::Finish(double fraction, const std::array<float, 3>& mean_bgr) const {
  Expects(state_->inputs > 0, "at least one crop or picture");
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
