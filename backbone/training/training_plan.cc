#include "backbone/training/training_plan.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "backbone/network.h"
#include "core/error.h"
#include "core/out_of_range.h"
#include "core/random.h"

namespace deeper {
namespace {

constexpr std::string_view kClassifierWeight = "/classifier/weight";
constexpr double kClassifierDeviation = 0.01;

void CheckRate(const char* field, double rate) {
  if (rate >= 0 && rate < 1) return;
  throw OutOfRange(field, rate, "at least 0, less than 1");
}

// The layers of an auxiliary head on a map of this layer's row.
std::vector<Layer> LayersOf(const AuxiliaryHead& head, std::size_t channels, const MapSize& size) {
  const std::string prefix = std::string(head.name) + "/";
  const MapSize pooled = OutputSize(size, kAuxiliaryPool, Rounding::kUp);
  Layer pool = {.name = prefix + "ave_pool",
                .kind = LayerKind::kAveragePool,
                .input = RowOutput(head.row),
                .output = prefix + "ave_pool",
                .window = kAuxiliaryPool,
                .in_channels = channels,
                .in_size = size,
                .out_channels = channels,
                .out_size = pooled};
  Layer conv =
      ConvolutionLayer(prefix + "conv", pool.name, channels, pooled, kAuxiliaryChannels, {});
  Layer fc = ConvolutionLayer(prefix + "fc",
                              conv.name,
                              kAuxiliaryChannels,
                              pooled,
                              kAuxiliaryFeatures,
                              {.kernel = pooled.height, .stride = 1, .pad = 0});
  return {std::move(pool), std::move(conv), std::move(fc)};
}

// Puts the layers of a kMap head in the place of the last layer, the global average.
void ReplaceGlobalAverage(std::vector<Layer>& layers) {
  layers.pop_back();
  const std::vector<Layer> added = MapHeadLayers();
  layers.insert(layers.end(), added.begin(), added.end());
}

// Inserts the head behind its row; false when the row is frozen.
bool Insert(const AuxiliaryHead& head, std::vector<Layer>& layers) {
  const auto last = std::find_if(layers.rbegin(), layers.rend(), [&](const Layer& layer) {
    return layer.output == RowOutput(head.row);
  });
  if (last == layers.rend()) return false;
  const std::vector<Layer> added =
      LayersOf(head, last->output_channel + last->out_channels, last->out_size);
  layers.insert(last.base(), added.begin(), added.end());
  return true;
}

}  // namespace

void TrainingPlanOptions::Validate() const {
  FrozenLayers(frozen);  // throws for an unknown row
  CheckRate("dropout", dropout);
  CheckRate("auxiliary_dropout", auxiliary_dropout);
  if (!(auxiliary_weight >= 0 && std::isfinite(auxiliary_weight))) {
    throw Error("auxiliary_weight = " + std::to_string(auxiliary_weight) +
                ": expected a number >= 0");
  }
}

TrainingPlan PlanTraining(const TrainingPlanOptions& options) {
  options.Validate();
  std::vector<Layer> layers = GoogLeNetLayers();
  const auto frozen = static_cast<std::ptrdiff_t>(FrozenLayers(options.frozen).size());
  layers.erase(layers.begin(), layers.begin() + frozen);

  const bool averages = options.main_head == MainHead::kAverage;
  if (!averages) ReplaceGlobalAverage(layers);
  const Layer& first = layers.front();
  TrainingPlan plan = {
      .input = first.input,
      .input_shape = {1, first.in_channels, first.in_size.height, first.in_size.width},
      .layers = std::move(layers),
      .heads = {}};
  const Layer& features = plan.layers.back();
  plan.heads.push_back(
      {.classifier = averages ? std::string(kClassifierName) : MapHeadClassifierName(),
       .input = features.output,
       .features = features.out_channels,
       .dropout = options.dropout,
       .loss_weight = 1});
  if (!options.auxiliary_heads) return plan;
  for (const AuxiliaryHead& head : kAuxiliaryHeads) {
    if (!Insert(head, plan.layers)) continue;
    const std::string prefix = std::string(head.name) + "/";
    plan.heads.push_back({.classifier = prefix + "classifier",
                          .input = prefix + "fc",
                          .features = kAuxiliaryFeatures,
                          .dropout = options.auxiliary_dropout,
                          .loss_weight = options.auxiliary_weight});
  }
  return plan;
}

TrainingPlan PlanTrunk(const std::string& frozen, const MapSize& picture) {
  std::vector<Layer> layers = TrunkLayers(picture);
  const auto count = static_cast<std::ptrdiff_t>(FrozenLayers(frozen, picture).size());
  layers.erase(layers.begin(), layers.begin() + count);
  const Layer& first = layers.front();
  return {.input = first.input,
          .input_shape = {1, first.in_channels, first.in_size.height, first.in_size.width},
          .layers = std::move(layers),
          .heads = {}};
}

TrainingPlan PlanRegions(std::size_t profile_outputs) {
  TrainingPlan plan =
      PlanTraining({.frozen = "inception_4e", .auxiliary_heads = false, .dropout = 0});
  if (profile_outputs > 0) {
    plan.profile_head = ProfileHead{.name = std::string(kProfileHeadName),
                                    .input = plan.layers.back().input,
                                    .outputs = profile_outputs};
  }
  return plan;
}

std::vector<float> DropoutMask(const TrainingHead& head, std::uint64_t example_seed) {
  Random random(example_seed ^ Fnv1a(head.classifier));
  const auto kept = static_cast<float>(1 / (1 - head.dropout));
  std::vector<float> mask(head.features);
  for (float& entry : mask) entry = random.Uniform() < head.dropout ? 0.0F : kept;
  return mask;
}

bool IsAuxiliary(const Layer& layer) {
  return std::any_of(
      kAuxiliaryHeads.begin(), kAuxiliaryHeads.end(), [&](const AuxiliaryHead& head) {
        return layer.name.starts_with(std::string(head.name) + "/");
      });
}

std::vector<Blob> TrainedBlobs(const TrainingPlan& plan, std::size_t outputs) {
  std::vector<Blob> blobs;
  for (const Layer& layer : plan.layers) {
    if (layer.kind != LayerKind::kConvolution) continue;
    blobs.push_back({.name = WeightName(layer.name), .shape = WeightShape(layer)});
    blobs.push_back({.name = BiasName(layer.name), .shape = BiasShape(layer), .is_bias = true});
  }
  for (const TrainingHead& head : plan.heads) {
    blobs.push_back({.name = WeightName(head.classifier), .shape = {outputs, head.features, 1, 1}});
    blobs.push_back(
        {.name = BiasName(head.classifier), .shape = {outputs, 1, 1, 1}, .is_bias = true});
  }
  if (const std::optional<ProfileHead>& head = plan.profile_head) {
    blobs.push_back({.name = WeightName(head->name), .shape = {head->outputs, kProfileDim, 1, 1}});
    blobs.push_back(
        {.name = BiasName(head->name), .shape = {head->outputs, 1, 1, 1}, .is_bias = true});
  }
  return blobs;
}

std::vector<std::string> AddMissingBlobs(const std::vector<Blob>& blobs,
                                         std::uint64_t seed,
                                         Weights& weights) {
  std::vector<std::string> added;
  for (const Blob& blob : blobs) {
    const auto found = weights.find(blob.name);
    if (found != weights.end() && found->second.shape == blob.shape) continue;
    Tensor tensor = MakeTensor(blob.shape);
    if (!blob.is_bias) {
      const std::size_t inputs = blob.shape.Count() / blob.shape.n;
      const double deviation = blob.name.ends_with(kClassifierWeight)
                                   ? kClassifierDeviation
                                   : 1 / std::sqrt(static_cast<double>(inputs));
      const double bound = deviation * std::sqrt(3.0);  // of a uniform distribution
      Random random(seed ^ Fnv1a(blob.name));
      for (float& value : tensor.data) {
        value = static_cast<float>(bound * (2 * random.Uniform() - 1));
      }
    }
    weights[blob.name] = std::move(tensor);
    added.push_back(blob.name);
  }
  return added;
}

}  // namespace deeper
