#include "detector/multibox/multibox_network.h"

#include <algorithm>
#include <string>

#include "backbone/googlenet.h"
#include "backbone/rows.h"
#include "core/error.h"
#include "detector/heads/dot.h"

namespace deeper {
namespace {

constexpr std::size_t kPlaces = LastSide() * LastSide();

Weights HeadOf(const Weights& weights) {
  Weights head;
  for (const auto& [name, blob] : weights) {
    if (name.starts_with(kMapHeadName)) head.emplace(name, blob);
  }
  return head;
}

// Returns W x + b, with the layer's blobs as a matrix.
std::vector<float> Linear(const Weights& weights,
                          const std::string& layer,
                          std::span<const float> x) {
  const std::vector<float>& weight = weights.at(WeightName(layer)).data;
  const std::vector<float>& bias = weights.at(BiasName(layer)).data;
  std::vector<float> y(bias.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::span<const float> row = std::span(weight).subspan(i * x.size(), x.size());
    y[i] = static_cast<float>(Dot(row, x) + double{bias[i]});
  }
  return y;
}

void Relu(std::span<float> values) {
  for (float& value : values) value = std::max(value, 0.0F);
}

}  // namespace

Precision MultiBoxPrecision(Precision precision) {
  return precision == Precision::kInt8 ? FastestPrecision(/*has_quantization=*/false) : precision;
}

ChosenPrecision ChooseMultiBoxPrecision(std::optional<Precision> wanted) {
  const Precision fastest = FastestPrecision(false);
  if (!wanted) return {.precision = fastest, .remark = {}};
  return RunnableOr(MultiBoxPrecision(*wanted), fastest);
}

CropOptions MultiBoxCrop(const std::array<float, 3>& mean_bgr) {
  return {.mode = CropMode::kWarp, .padding_px = 0, .mean_bgr = mean_bgr};
}

MultiBoxNetwork::MultiBoxNetwork(const MultiBox& multibox, Precision precision, MultiBoxViews views)
    : priors_(multibox.priors),
      views_(views),
      crop_(MultiBoxCrop(multibox.mean_bgr)),
      element_(TrainingElement(precision)),
      to_last_map_(multibox.weights, precision, std::string(kInception.back().name)),
      head_(HeadOf(multibox.weights)) {}

std::vector<float> MultiBoxNetwork::Outputs(const Image& image, const Box& part) const {
  Expects(!image.IsEmpty(), "a picture with pixels");
  std::vector<float> crop(kInputChannels * kInputSide * kInputSide);
  Crop(image, part, crop_, crop);
  FrozenPart::Buffers buffers(to_last_map_);
  std::vector<std::byte> map(to_last_map_.OutputBytes());
  to_last_map_.Run(TensorView({1, kInputChannels, kInputSide, kInputSide}, crop), buffers, map);
  return HeadOutputs(
      kernels::FromNhwc(map, {1, kInception.back().Out(), LastSide(), LastSide()}, {element_})
          .data);
}

// At each place the map's 1024 channels become 64. Then all places together become 512 features,
// and these the outputs.
std::vector<float> MultiBoxNetwork::HeadOutputs(std::span<const float> map_chw) const {
  const std::vector<Layer> layers = MapHeadLayers();
  const Layer& conv = layers[0];
  std::vector<float> reduced(conv.out_channels * kPlaces);
  std::vector<float> at_place(conv.in_channels);
  for (std::size_t place = 0; place < kPlaces; ++place) {
    for (std::size_t c = 0; c < at_place.size(); ++c) at_place[c] = map_chw[c * kPlaces + place];
    const std::vector<float> values = Linear(head_, conv.name, at_place);
    for (std::size_t c = 0; c < values.size(); ++c) reduced[c * kPlaces + place] = values[c];
  }
  Relu(reduced);
  std::vector<float> features = Linear(head_, layers[1].name, reduced);
  Relu(features);
  return Linear(head_, MapHeadClassifierName(), features);
}

std::vector<Proposal> MultiBoxNetwork::Propose(const Image& image) const {
  std::vector<ScoredUnitBox> boxes;
  for (const Box& part : PartsOf(views_, image.width, image.height)) {
    const std::vector<ScoredUnitBox> found = BoxesOfPicture(
        DecodeMultiBox(priors_, Outputs(image, part)), part, image.width, image.height);
    boxes.insert(boxes.end(), found.begin(), found.end());
  }
  if (views_ != MultiBoxViews::kWhole) boxes = MostConfident(std::move(boxes), priors_.size());
  return MultiBoxProposals(std::move(boxes), image.width, image.height);
}

}  // namespace deeper
