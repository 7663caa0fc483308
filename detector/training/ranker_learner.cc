#include "detector/training/ranker_learner.h"

#include <cmath>
#include <span>

#include "backbone/training/losses.h"
#include "core/error.h"
#include "detector/heads/offset_deviations.h"
#include "detector/regions/map_proposals.h"

namespace deeper {
namespace {

constexpr std::size_t kParts = RegionRanker::kPartCount;

Eigen::Index Index(std::size_t size) { return static_cast<Eigen::Index>(size); }

// In which an output is learned: the score's is 1.
double UnitOf(std::size_t output) { return output == 0 ? 1 : kOffsetDeviations[output - 1]; }

}  // namespace

RankerLearner::Matrix RankerLearner::CellsIn(const PictureMap& map) {
  const std::vector<float> cells = CellsOf(map);
  return Eigen::Map<const Matrix>(
      cells.data(), Index(map.shape.h * map.shape.w), Index(map.shape.c));
}

RankerLearner::RankerLearner(const PictureMap& map,
                             double rate,
                             std::size_t steps,
                             const std::optional<RegionRanker>& learned)
    : rate_(rate), steps_(steps) {
  constexpr float kLeastMagnitude = 1e-3F;
  constexpr float kFewShowObjects = -2;
  const Eigen::VectorXf squares = CellsIn(map).array().square().colwise().mean().transpose();
  inverse_magnitudes_ = (squares.array().sqrt() + kLeastMagnitude).inverse();
  weights_ = Matrix::Zero(Index(map.shape.c), Index(kParts * kOutputs));
  means_ = weights_;
  squares_ = weights_;
  biases_[0] = kFewShowObjects;
  if (learned && learned->Proposes() && learned->weights.size() == kParts * map.shape.c) {
    BeginAs(*learned);
  }
}

void RankerLearner::BeginAs(const RegionRanker& learned) {
  const Eigen::Index channels = weights_.rows();
  for (std::size_t k = 0; k < kOutputs; ++k) {
    const double unit = UnitOf(k);
    const float* value = k == 0 ? learned.weights.data()
                                : learned.offset_weights.data() +
                                      (k - 1) * kParts * static_cast<std::size_t>(channels);
    for (std::size_t part = 0; part < kParts; ++part) {
      for (Eigen::Index c = 0; c < channels; ++c) {
        weights_(c, Index(part * kOutputs + k)) =
            static_cast<float>(double{*value++} / unit / double{inverse_magnitudes_[c]});
      }
    }
    biases_[k] =
        k == 0 ? learned.bias : static_cast<float>(double{learned.offset_biases[k - 1]} / unit);
  }
}

RankerLearner::Outputs RankerLearner::DerivativesOf(const RankerExample& example,
                                                    const RankedMap& ranked,
                                                    const kernels::RegionWindow& window) {
  constexpr float kOffsetWeight = 0.5F;
  Outputs derivatives{};
  const float probability = 1 / (1 + std::exp(-ranked.Score(window)));
  derivatives[0] = probability - (example.object ? 1.0F : 0.0F);
  if (!example.object) return derivatives;
  const BoxOffsets found = ranked.Offsets(window);
  const BoxOffsets wanted = OffsetsBetween(example.box, *example.object);
  std::array<float, RegionRanker::kOffsets> values{};
  std::array<float, RegionRanker::kOffsets> targets{};
  for (std::size_t k = 0; k < values.size(); ++k) {
    values[k] = static_cast<float>(found[k] / kOffsetDeviations[k]);
    targets[k] = static_cast<float>(wanted[k] / kOffsetDeviations[k]);
  }
  const std::span<float> of_offsets = std::span(derivatives).subspan(1);
  SmoothL1Loss(values, targets, of_offsets);
  for (float& derivative : of_offsets) derivative *= kOffsetWeight;
  return derivatives;
}

RankerLearner::Gradient RankerLearner::GradientOf(const PictureMap& map,
                                                  const PictureFrame& frame,
                                                  const std::vector<RankerExample>& examples,
                                                  const RankedMap& ranked) {
  const Shape& shape = map.shape;
  Matrix diff_cells = Matrix::Zero(Index(shape.h * shape.w), Index(kParts * kOutputs));
  const std::span<float> diffs(diff_cells.data(), static_cast<std::size_t>(diff_cells.size()));
  Gradient gradient;
  const float part = 1 / static_cast<float>(examples.size());
  for (const RankerExample& example : examples) {
    const kernels::RegionWindow window = WindowInFrame(example.box, frame);
    Outputs derivatives = DerivativesOf(example, ranked, window);
    for (std::size_t k = 0; k < kOutputs; ++k) {
      derivatives[k] *= part;
      gradient.biases[k] += derivatives[k];
    }
    SpreadOverParts(window, derivatives, shape.h, shape.w, diffs);
  }
  gradient.weights.noalias() = CellsIn(map).transpose() * diff_cells;
  return gradient;
}

void RankerLearner::Learn(const PictureMap& map,
                          const PictureFrame& frame,
                          const std::vector<RankerExample>& examples,
                          const RankedMap& ranked) {
  if (examples.empty()) return;
  const Gradient by_map = GradientOf(map, frame, examples, ranked);
  ++step_;
  const double rate = rate_ * (1 - static_cast<double>(step_ - 1) / static_cast<double>(steps_));
  const Matrix gradient = inverse_magnitudes_.asDiagonal() * by_map.weights;
  for (Eigen::Index i = 0; i < gradient.size(); ++i) {
    Move(gradient.data()[i], rate, means_.data()[i], squares_.data()[i], weights_.data()[i]);
  }
  for (std::size_t k = 0; k < kOutputs; ++k)
    Move(by_map.biases[k], rate, bias_means_[k], bias_squares_[k], biases_[k]);
}

RegionRanker RankerLearner::Ranker() const {
  RegionRanker ranker = {.weights = {}, .bias = biases_[0]};
  for (std::size_t k = 0; k < kOutputs; ++k) {
    const double unit = UnitOf(k);
    std::vector<float>& row = k == 0 ? ranker.weights : ranker.offset_weights;
    for (std::size_t part = 0; part < kParts; ++part) {
      for (Eigen::Index c = 0; c < weights_.rows(); ++c) {
        row.push_back(static_cast<float>(unit * double{weights_(c, Index(part * kOutputs + k))} *
                                         double{inverse_magnitudes_[c]}));
      }
    }
    if (k > 0) ranker.offset_biases[k - 1] = static_cast<float>(unit * double{biases_[k]});
  }
  return ranker;
}

void RankerLearner::Move(
    float gradient, double rate, float& mean, float& square, float& value) const {
  constexpr double kMeanDecay = 0.9;
  constexpr double kSquareDecay = 0.999;
  const auto step = static_cast<double>(step_);
  mean = static_cast<float>(kMeanDecay * double{mean} + (1 - kMeanDecay) * double{gradient});
  square = static_cast<float>(kSquareDecay * double{square} +
                              (1 - kSquareDecay) * double{gradient} * double{gradient});
  const double unbiased_mean = double{mean} / (1 - std::pow(kMeanDecay, step));
  const double unbiased_square = double{square} / (1 - std::pow(kSquareDecay, step));
  value -= static_cast<float>(rate * unbiased_mean / (std::sqrt(unbiased_square) + 1e-8));
}

}  // namespace deeper
