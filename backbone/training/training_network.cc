#include "backbone/training/training_network.h"

#include <Eigen/Core>
#include <algorithm>

#include "backbone/execution/frozen_part.h"
#include "backbone/kernels/onednn_training_pools.h"
#include "backbone/kernels/reference_backward.h"
#include "core/error.h"

namespace deeper {
namespace {

using kernels::TrainingBuffers;
using kernels::TrainingKernel;
using kernels::TrainingPass;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<Matrix>;
using ConstMatrixView = Eigen::Map<const Matrix>;

Eigen::Index Index(std::size_t size) { return static_cast<Eigen::Index>(size); }

Shape SourceShape(const Layer& layer, std::size_t n) {
  return {n, layer.in_channels, layer.in_side, layer.in_side};
}

TrainingKernel Prepare(const Layer& layer,
                       std::size_t n,
                       kernels::ElementType element,
                       bool input_needs_gradient) {
  const Shape source = SourceShape(layer, n);
  switch (layer.kind) {
    case LayerKind::kConvolution:
      return kernels::PrepareTrainingConvolution(
          source,
          layer.window,
          layer.out_channels,
          element,
          input_needs_gradient ? kernels::DiffSource::kWanted : kernels::DiffSource::kNotWanted);
    case LayerKind::kMaxPool:
      return kernels::PrepareTrainingMaxPool(source, layer.window, element);
    case LayerKind::kAveragePool:
      return kernels::PrepareTrainingAveragePool(source, layer.window, element);
    case LayerKind::kLrn:
      return kernels::PrepareTrainingLrn(source, kLrnParameters, element);
  }
  throw ContractViolation("a layer of a known kind");
}

const TrainingNetworkOptions& Validated(const TrainingNetworkOptions& options) {
  Expects(options.outputs > 0 && options.micro_batch > 0, "outputs > 0 and micro_batch > 0");
  return options;
}

// Values of f32 that `bytes` take, to the next cache line.
std::size_t PaddedCount(std::size_t bytes) {
  return (bytes + kActivationAlignment - 1) / kActivationAlignment * kActivationAlignment /
         sizeof(float);
}

std::size_t SizeOfAll(const std::map<std::string, AlignedBytes>& maps) {
  std::size_t size = 0;
  for (const auto& [name, bytes] : maps) size += bytes.size();
  return size;
}

std::size_t SizeOfAll(const std::vector<AlignedBytes>& buffers) {
  std::size_t size = 0;
  for (const AlignedBytes& bytes : buffers) size += bytes.size();
  return size;
}

}  // namespace

TrainingNetwork::TrainingNetwork(const TrainingNetworkOptions& options)
    : options_(Validated(options)),
      element_(TrainingElement(options.precision)),
      plan_(PlanTraining(options.plan)),
      blobs_(TrainedBlobs(plan_, options.outputs)) {
  // An activation needs a gradient when something that learns lies below it.
  std::map<std::string, bool> needs = {{plan_.input, false}};
  for (const Layer& layer : plan_.layers) {
    const bool is_convolution = layer.kind == LayerKind::kConvolution;
    const bool below = needs.at(layer.input);
    input_needs_gradient_.push_back(below);
    needs_gradient_.push_back(is_convolution || below);
    needs[layer.output] = is_convolution || below;

    kernels_.push_back(Prepare(layer, options_.micro_batch, element_, below));
    const kernels::TrainingSizes& sizes = kernels_.back().Sizes();
    packed_.push_back({.forward_weight = AlignedBytes(sizes.forward_weight),
                       .forward_bias = AlignedBytes(sizes.forward_bias),
                       .backward_weight = AlignedBytes(sizes.backward_weight)});
    layer_places_.push_back(is_convolution ? Reserve(sizes.diff_weight, sizes.diff_bias)
                                           : GradientPlace{});
  }
  for (const TrainingHead& head : plan_.heads) {
    const std::size_t weight_count = options_.outputs * head.features;
    head_places_.push_back(Reserve(weight_count * sizeof(float), options_.outputs * sizeof(float)));
    head_weights_.push_back(MakeTensor({options_.outputs, head.features, 1, 1}));
    head_biases_.push_back(MakeTensor({options_.outputs, 1, 1, 1}));
  }
}

TrainingNetwork::GradientPlace TrainingNetwork::Reserve(std::size_t weight_bytes,
                                                        std::size_t bias_bytes) {
  const GradientPlace place = {.weight = gradient_count_,
                               .weight_count = weight_bytes / sizeof(float),
                               .bias = gradient_count_ + PaddedCount(weight_bytes),
                               .bias_count = bias_bytes / sizeof(float)};
  gradient_count_ = place.bias + PaddedCount(bias_bytes);
  return place;
}

std::size_t TrainingNetwork::InputBytes() const {
  return plan_.input_shape.Count() * kernels::SizeOf(element_);
}

std::vector<std::string> TrainingNetwork::Implementations() const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    std::string line = plan_.layers[i].name + ":";
    for (const std::string& name : kernels_[i].Implementations()) line += " " + name;
    lines.push_back(std::move(line));
  }
  return lines;
}

void TrainingNetwork::Load(const Weights& weights) {
  for (const Blob& blob : blobs_) {
    const auto found = weights.find(blob.name);
    Expects(found != weights.end() && found->second.shape == blob.shape,
            "weights with every blob that is trained");
  }
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    const Layer& layer = plan_.layers[i];
    if (layer.kind != LayerKind::kConvolution) continue;
    kernels_[i].Pack(weights.at(WeightName(layer.name)),
                     weights.at(BiasName(layer.name)).data,
                     {.forward_weight = packed_[i].forward_weight.bytes(),
                      .forward_bias = packed_[i].forward_bias.bytes(),
                      .backward_weight = packed_[i].backward_weight.bytes()});
  }
  for (std::size_t i = 0; i < plan_.heads.size(); ++i) {
    head_weights_[i] = weights.at(WeightName(plan_.heads[i].classifier));
    head_biases_[i] = weights.at(BiasName(plan_.heads[i].classifier));
  }
}

TrainingNetwork::Worker::Worker(const TrainingNetwork& network)
    : network_(&network),
      current_(network.gradient_count_ * sizeof(float)),
      sums_(network.gradient_count_) {
  AllocateMaps();
  BindLayers();
}

void TrainingNetwork::Worker::AllocateMaps() {
  const TrainingNetwork& net = *network_;
  const std::size_t n = net.options_.micro_batch;
  const std::size_t value_bytes = kernels::SizeOf(net.element_);
  // A branch writes its own map, which is copied into its channels of the whole.
  std::map<std::string, std::size_t> whole_values;
  std::size_t largest_written = 0;
  std::size_t scratch = 0;
  values_.emplace(net.plan_.input, AlignedBytes(n * net.InputBytes()));
  for (std::size_t i = 0; i < net.kernels_.size(); ++i) {
    const Layer& layer = net.plan_.layers[i];
    const std::size_t pixels = n * layer.out_side * layer.out_side;
    const std::size_t written = pixels * layer.out_channels * value_bytes;
    whole_values[layer.output] = pixels * (layer.output_channel + layer.out_channels) * value_bytes;
    if (WritesSlice(layer)) values_.emplace(layer.name, AlignedBytes(written));
    largest_written = std::max(largest_written, written);
    scratch = std::max(scratch, net.kernels_[i].Sizes().scratch);
    workspaces_.emplace_back(net.kernels_[i].Sizes().workspace);
  }
  for (std::size_t i = 0; i < net.kernels_.size(); ++i) {
    const std::string& name = net.plan_.layers[i].output;
    if (values_.contains(name)) continue;
    values_.emplace(name, AlignedBytes(whole_values.at(name)));
    if (net.needs_gradient_[i]) diffs_.emplace(name, AlignedBytes(whole_values.at(name)));
  }
  diff_before_relu_ = AlignedBytes(largest_written);
  scratch_ = AlignedBytes(scratch);
}

void TrainingNetwork::Worker::BindLayers() {
  const TrainingNetwork& net = *network_;
  const std::size_t n = net.options_.micro_batch;
  // The layers that give derivatives to each activation, in forward order.
  std::map<std::string, std::vector<std::size_t>> readers;
  for (std::size_t i = 0; i < net.kernels_.size(); ++i) {
    if (net.input_needs_gradient_[i]) readers[net.plan_.layers[i].input].push_back(i);
  }
  std::size_t slot_count = 0;
  std::size_t slot_bytes = 0;
  for (const auto& [name, layers] : readers) {
    if (layers.size() == 1) continue;
    slot_count = std::max(slot_count, layers.size());
    slot_bytes = std::max(slot_bytes, diffs_.at(name).size());
  }
  for (std::size_t i = 0; i < slot_count; ++i) slots_.emplace_back(slot_bytes);

  auto* current = reinterpret_cast<float*>(current_.bytes().data());
  for (std::size_t i = 0; i < net.kernels_.size(); ++i) {
    const Layer& layer = net.plan_.layers[i];
    const TrainingKernel& kernel = net.kernels_[i];
    const Packed& packed = net.packed_[i];
    const GradientPlace& place = net.layer_places_[i];
    const bool is_convolution = layer.kind == LayerKind::kConvolution;
    const auto constant = [](const AlignedBytes& bytes) {
      return const_cast<AlignedBytes&>(bytes).bytes();
    };
    TrainingBuffers buffers = {
        .source = values_.at(layer.input).bytes(),
        .destination = values_.at(WritesSlice(layer) ? layer.name : layer.output).bytes(),
        .scratch = scratch_.bytes(),
        .workspace = workspaces_[i].bytes(),
        .forward_weight = constant(packed.forward_weight),
        .forward_bias = constant(packed.forward_bias),
        .backward_weight = constant(packed.backward_weight),
        .diff_weight =
            std::as_writable_bytes(std::span(current + place.weight, place.weight_count)),
        .diff_bias = std::as_writable_bytes(std::span(current + place.bias, place.bias_count))};
    LayerRun run;
    run.forward = kernel.Bind(TrainingPass::kForward, buffers);
    if (net.needs_gradient_[i]) {
      buffers.diff_destination =
          is_convolution ? diff_before_relu_.bytes() : diffs_.at(layer.output).bytes();
    }
    if (is_convolution) run.backward_weights = kernel.Bind(TrainingPass::kBackwardWeights, buffers);
    if (net.input_needs_gradient_[i]) {
      const std::vector<std::size_t>& siblings = readers.at(layer.input);
      const auto own = std::find(siblings.begin(), siblings.end(), i) - siblings.begin();
      const std::span<std::byte> diff = diffs_.at(layer.input).bytes();
      buffers.diff_source =
          siblings.size() == 1 ? diff : slots_[static_cast<std::size_t>(own)].bytes();
      run.backward_data = kernel.Bind(TrainingPass::kBackwardData, buffers);
      if (own == 0 && siblings.size() > 1) {
        std::vector<std::span<std::byte>> parts;
        for (std::size_t part = 0; part < siblings.size(); ++part)
          parts.push_back(slots_[part].bytes());
        run.sum = kernels::BindSum(SourceShape(layer, n), net.element_, parts, diff);
      }
    }
    runs_.push_back(std::move(run));
  }
  // Slots are shared by all activations, so no activation's readers may stand between another's.
  for (const auto& [name, layers] : readers) {
    for (std::size_t i = layers.front(); i <= layers.back(); ++i) {
      const std::string& between = net.plan_.layers[i].input;
      Expects(between == name || !readers.contains(between) || readers.at(between).size() == 1,
              "readers of one activation next to each other");
    }
  }
}

std::span<std::byte> TrainingNetwork::Worker::Input(std::size_t i) {
  Expects(i < network_->options_.micro_batch, "an example of the micro-batch");
  const std::size_t bytes = network_->InputBytes();
  return values_.at(network_->plan_.input).bytes().subspan(i * bytes, bytes);
}

kernels::ChannelSlice TrainingNetwork::Worker::SliceOf(const Layer& layer) const {
  const std::size_t pixels = network_->options_.micro_batch * layer.out_side * layer.out_side;
  const std::size_t value_bytes = kernels::SizeOf(network_->element_);
  return {.pixels = pixels,
          .first = layer.output_channel,
          .channels = layer.out_channels,
          .total_channels = values_.at(layer.output).size() / pixels / value_bytes};
}

void TrainingNetwork::Worker::Forward(bool with_auxiliary) {
  const kernels::SingleThread single_thread;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Layer& layer = network_->plan_.layers[i];
    if (!with_auxiliary && IsAuxiliary(layer)) continue;
    runs_[i].forward->Run();
    if (!WritesSlice(layer)) continue;
    kernels::CopyIntoChannels(values_.at(layer.name).bytes(),
                              SliceOf(layer),
                              network_->element_,
                              values_.at(layer.output).bytes());
  }
}

void TrainingNetwork::Worker::Backward() {
  const kernels::SingleThread single_thread;
  for (std::size_t i = runs_.size(); i-- > 0;) {
    const Layer& layer = network_->plan_.layers[i];
    const LayerRun& run = runs_[i];
    if (run.backward_weights) {
      kernels::ReluBackwardFromChannels(
          diffs_.at(layer.output).bytes(),
          SliceOf(layer),
          values_.at(WritesSlice(layer) ? layer.name : layer.output).bytes(),
          network_->element_,
          diff_before_relu_.bytes());
      run.backward_weights->Run();
    }
    if (run.backward_data) run.backward_data->Run();
    if (run.sum) run.sum->Run();
  }
  const auto* current = reinterpret_cast<const float*>(current_.bytes().data());
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += current[i];
}

std::vector<float> TrainingNetwork::Worker::FeaturesOf(const TrainingHead& head) {
  return kernels::FromNhwc(values_.at(head.input).bytes(),
                           {network_->options_.micro_batch, head.features, 1, 1},
                           {network_->element_})
      .data;
}

double TrainingNetwork::Worker::TrainHead(std::size_t head_index,
                                          std::size_t first_example,
                                          std::span<const std::uint64_t> seeds,
                                          float scale,
                                          const ExampleLoss& loss) {
  const TrainingHead& head = network_->plan_.heads[head_index];
  const std::size_t n = network_->options_.micro_batch;
  const std::size_t outputs = network_->options_.outputs;
  const std::size_t features = head.features;
  const ConstMatrixView weight(
      network_->head_weights_[head_index].data.data(), Index(outputs), Index(features));
  const Eigen::Map<const Eigen::RowVectorXf> bias(network_->head_biases_[head_index].data.data(),
                                                  Index(outputs));

  // y = W (m x) + b for each example; m is dropout's mask, 0 for places without an example.
  std::vector<float> mask(n * features);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const std::vector<float> drawn = DropoutMask(head, seeds[i]);
    std::copy(drawn.begin(), drawn.end(), mask.begin() + static_cast<std::ptrdiff_t>(i * features));
  }
  std::vector<float> source = FeaturesOf(head);
  kernels::MultiplyByMask(mask, source);
  const ConstMatrixView x(source.data(), Index(n), Index(features));
  Matrix scores = x * weight.transpose();
  scores.rowwise() += bias;

  Matrix diff = Matrix::Zero(Index(n), Index(outputs));
  double sum = 0;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    sum += loss(first_example + i,
                std::span(scores.data() + i * outputs, outputs),
                std::span(diff.data() + i * outputs, outputs));
  }
  diff *= scale * static_cast<float>(head.loss_weight);

  const GradientPlace& place = network_->head_places_[head_index];
  MatrixView(sums_.data() + place.weight, Index(outputs), Index(features)) += diff.transpose() * x;
  Eigen::Map<Eigen::RowVectorXf>(sums_.data() + place.bias, Index(outputs)) += diff.colwise().sum();

  const auto diff_of_input = diffs_.find(head.input);
  if (diff_of_input == diffs_.end()) return sum;  // nothing below it learns
  Matrix diff_source = diff * weight;
  const std::span<float> values(diff_source.data(), n * features);
  kernels::MultiplyByMask(mask, values);
  kernels::ToNhwc(
      TensorView({n, features, 1, 1}, values), {network_->element_}, diff_of_input->second.bytes());
  return sum;
}

LossSums TrainingNetwork::Worker::Train(std::size_t first_example,
                                        std::span<const std::uint64_t> seeds,
                                        float scale,
                                        const ExampleLoss& loss) {
  Expects(seeds.size() <= network_->options_.micro_batch, "at most micro_batch examples");
  Forward(/*with_auxiliary=*/true);
  LossSums sums;
  for (std::size_t head = 0; head < network_->plan_.heads.size(); ++head) {
    const double sum = TrainHead(head, first_example, seeds, scale, loss);
    if (head == 0) sums.main = sum;
    sums.total += network_->plan_.heads[head].loss_weight * sum;
  }
  Backward();
  return sums;
}

std::vector<float> TrainingNetwork::Worker::Score(std::size_t count) {
  Expects(count <= network_->options_.micro_batch, "at most micro_batch examples");
  Forward(/*with_auxiliary=*/false);
  const TrainingHead& head = network_->plan_.heads.front();
  const std::size_t outputs = network_->options_.outputs;
  const std::vector<float> features = FeaturesOf(head);
  const ConstMatrixView x(features.data(), Index(count), Index(head.features));
  const ConstMatrixView weight(
      network_->head_weights_.front().data.data(), Index(outputs), Index(head.features));
  std::vector<float> scores(count * outputs);
  MatrixView y(scores.data(), Index(count), Index(outputs));
  y = x * weight.transpose();
  y.rowwise() += Eigen::Map<const Eigen::RowVectorXf>(network_->head_biases_.front().data.data(),
                                                      Index(outputs));
  return scores;
}

void TrainingNetwork::Worker::ClearGradients() { std::fill(sums_.begin(), sums_.end(), 0.0F); }

void TrainingNetwork::Worker::UnpackGradients(Weights& gradients) {
  for (const Blob& blob : network_->blobs_) {
    Tensor& gradient = gradients[blob.name];
    gradient.shape = blob.shape;
    gradient.data.resize(blob.shape.Count());
  }
  for (std::size_t i = 0; i < network_->kernels_.size(); ++i) {
    const Layer& layer = network_->plan_.layers[i];
    if (layer.kind != LayerKind::kConvolution) continue;
    const GradientPlace& place = network_->layer_places_[i];
    network_->kernels_[i].Unpack(
        {.diff_weight =
             std::as_writable_bytes(std::span(sums_).subspan(place.weight, place.weight_count)),
         .diff_bias =
             std::as_writable_bytes(std::span(sums_).subspan(place.bias, place.bias_count))},
        gradients.at(WeightName(layer.name)),
        gradients.at(BiasName(layer.name)).data);
  }
  for (std::size_t i = 0; i < network_->plan_.heads.size(); ++i) {
    const TrainingHead& head = network_->plan_.heads[i];
    const GradientPlace& place = network_->head_places_[i];
    std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(place.weight),
                place.weight_count,
                gradients.at(WeightName(head.classifier)).data.begin());
    std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(place.bias),
                place.bias_count,
                gradients.at(BiasName(head.classifier)).data.begin());
  }
}

std::size_t TrainingNetwork::Worker::SizeBytes() const {
  return SizeOfAll(values_) + SizeOfAll(diffs_) + SizeOfAll(slots_) + SizeOfAll(workspaces_) +
         diff_before_relu_.size() + scratch_.size() + current_.size() +
         sums_.size() * sizeof(float);
}

}  // namespace deeper
