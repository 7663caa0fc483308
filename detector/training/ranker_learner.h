#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "backbone/picture_network.h"
#include "detector/examples/ranker_examples.h"
#include "detector/regions/picture_frame.h"
#include "detector/regions/region_ranker.h"

namespace deeper {

// Learns a ranker's weights, of the score and of the offsets, by Adam (Kingma and Ba 2015): the
// softmax loss of two classes, and, of windows that show an object, smooth L1 of where that lies.
// The map's channels are divided by their usual magnitudes. Not for several threads.
class RankerLearner {
 public:
  // Channels are as large as on `map`. rate: at the start; it falls to 0 evenly over `steps`. It
  // begins as `learned`, where that proposes and is of maps of as many channels, else at zero.
  RankerLearner(const PictureMap& map,
                double rate,
                std::size_t steps,
                const std::optional<RegionRanker>& learned = std::nullopt);

  // A step by the examples of one picture, which lies in `frame`. ranked: its map, by Ranker().
  // Without examples nothing is learned.
  void Learn(const PictureMap& map,
             const PictureFrame& frame,
             const std::vector<RankerExample>& examples,
             const RankedMap& ranked);

  RegionRanker Ranker() const;

 private:
  // The score, then the offsets.
  static constexpr std::size_t kOutputs = 1 + RegionRanker::kOffsets;
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Outputs = std::array<float, kOutputs>;

  // The gradients by one picture.
  struct Gradient {
    Matrix weights;  // channels x (9 parts x outputs)
    Outputs biases{};
  };

  void BeginAs(const RegionRanker& learned);
  static Matrix CellsIn(const PictureMap& map);  // cells x channels
  static Outputs DerivativesOf(const RankerExample& example,
                               const RankedMap& ranked,
                               const kernels::RegionWindow& window);
  static Gradient GradientOf(const PictureMap& map,
                             const PictureFrame& frame,
                             const std::vector<RankerExample>& examples,
                             const RankedMap& ranked);
  void Move(float gradient, double rate, float& mean, float& square, float& value) const;

  double rate_;
  std::size_t steps_;
  std::size_t step_ = 0;
  Eigen::VectorXf inverse_magnitudes_;  // of the channels
  Matrix weights_;                      // channels x (9 parts x outputs)
  Matrix means_;
  Matrix squares_;
  Outputs biases_{};
  Outputs bias_means_{};
  Outputs bias_squares_{};
};

}  // namespace deeper
