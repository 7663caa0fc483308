#include "backbone/execution/activation_ranges.h"

#include <bit>
#include <cstdint>
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
  }

  LayerStack::StepObserver Observer() {
    return [this](const Step& step, const auto& output) {
      const auto histogram = histograms.find(step.layer.output);
      if (histogram != histograms.end()) histogram->second.Add(output().data);
    };
  }

  Weights weights;
  std::optional<Runner> crop_runner;
  std::optional<Runner> trunk;  // for pictures of the size that came last
  std::optional<Runner> regions;
  std::map<std::string, Histogram> histograms;
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
