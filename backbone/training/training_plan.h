#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/rows.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// GoogLeNet as it is trained, derived from the table in googlenet.h: which layers are frozen, which
// are trained, and the heads that the losses stand on.

// A classifier on the output of an inception module, there in training alone (Szegedy et al. 2014,
// section 5). Its layers are an average pool 5x5/3, a 1x1 convolution with 128 filters, a fully
// connected layer with 1024 outputs, dropout, and a linear layer.
struct AuxiliaryHead {
  std::string_view name;  // Caffe's, of the BVLC model
  std::string_view row;   // the inception module that it reads
};
inline constexpr std::array<AuxiliaryHead, 2> kAuxiliaryHeads = {
    {{"loss1", "inception_4a"}, {"loss2", "inception_4d"}}};
inline constexpr Window kAuxiliaryPool = {.kernel = 5, .stride = 3, .pad = 0};
inline constexpr std::size_t kAuxiliaryChannels = 128;
inline constexpr std::size_t kAuxiliaryFeatures = 1024;

struct TrainingPlanOptions {
  // The last row that is not trained; nor are those below it. One of RowNames(): "stem" (the
  // convolutions before the inception modules) or an inception module such as "inception_3b". With
  // "" everything is trained.
  std::string frozen = {};
  // Whether the auxiliary heads are there. Those that read a frozen row never are.
  bool auxiliary_heads = true;
  double auxiliary_weight = 0.3;   // of their losses
  double auxiliary_dropout = 0.7;  // rate, 0 <= rate < 1
  double dropout = 0.4;            // before the main classifier
  MainHead main_head = MainHead::kAverage;

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

// A linear layer and the loss behind it.
struct TrainingHead {
  std::string classifier;  // its name in Weights: "loss3/classifier"
  std::string input;       // the activation of features x 1 x 1 that it reads, after dropout
  std::size_t features = 0;
  double dropout = 0;
  double loss_weight = 1;

  bool operator==(const TrainingHead&) const = default;
};

// A linear layer beside the main head. It reads the profiles of the last map (network.h) times
// kProfileScale: where in the map something is, which the map's means do not tell. Its outputs
// stand behind those of the main head.
struct ProfileHead {
  std::string name;   // in Weights
  std::string input;  // the last map, before its global average
  std::size_t outputs = 0;

  bool operator==(const ProfileHead&) const = default;
};
inline constexpr std::string_view kProfileHeadName = "profiles";
// Makes the profiles about as long as the features are, so that one rate suits both.
inline constexpr float kProfileScale = 0.25F;

// The mask of dropout before this head for one example, drawn from the example's seed. It has one
// entry per feature: 0, or 1 / (1 - rate) so that the mean stays.
std::vector<float> DropoutMask(const TrainingHead& head, std::uint64_t example_seed);

struct TrainingPlan {
  std::string input;  // the activation that training starts from: the frozen part's output
  Shape input_shape;  // of one crop
  // Each stands behind those that it reads. The layers of an auxiliary head stand right behind the
  // row that they read. A fully connected layer is a convolution over all of its map.
  std::vector<Layer> layers;
  std::vector<TrainingHead> heads;  // the main one first
  std::optional<ProfileHead> profile_head = std::nullopt;
};

// Throws Error for options out of range and unknown rows.
TrainingPlan PlanTraining(const TrainingPlanOptions& options);

// The trunk of a picture of this size behind the frozen row, without heads; see TrunkLayers. Throws
// Error for an unknown row, or one behind inception_4d.
TrainingPlan PlanTrunk(const std::string& frozen, const MapSize& picture);
// What each region of the trunk's map goes through, from the output of pool4 (RegionPool) to the
// main head, without dropout, and to a profile head of so many outputs.
TrainingPlan PlanRegions(std::size_t profile_outputs = 0);

// Whether the layer belongs to an auxiliary head.
bool IsAuxiliary(const Layer& layer);

// Shapes of the learned values that the plan trains, with `outputs` outputs of each head that reads
// features.
struct Blob {
  std::string name;
  Shape shape;
  bool is_bias = false;
};
std::vector<Blob> TrainedBlobs(const TrainingPlan& plan, std::size_t outputs);

// Sets every blob of `blobs` that `weights` lacks, or has in another shape. Returns their names.
//   weights:         uniform with variance 1 / inputs (Caffe's "xavier", Glorot and Bengio 2010)
//   of classifiers:  uniform with standard deviation 0.01 (R-CNN's; first guesses say little)
//   biases:          0
// The same seed gives the same values, whatever else is missing.
std::vector<std::string> AddMissingBlobs(const std::vector<Blob>& blobs,
                                         std::uint64_t seed,
                                         Weights& weights);

}  // namespace deeper
