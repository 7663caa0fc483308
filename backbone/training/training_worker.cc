#include "backbone/training/training_worker.h"

#include <Eigen/Core>
#include <algorithm>
#include <utility>

#include "backbone/execution/activation_plan.h"
#include "backbone/kernels/onednn_training_pools.h"
#include "backbone/kernels/pooling.h"
#include "backbone/kernels/reference_backward.h"
#include "backbone/network.h"
#include "backbone/training/training_state.h"
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

// y = W x + b for each example.
//   x: examples x W's columns
Matrix Linear(std::span<const float> x, const Tensor& weight, const Tensor& bias) {
  const Eigen::Index outputs = Index(bias.data.size());
  const Eigen::Index inputs = Index(weight.data.size()) / outputs;
  Matrix y = ConstMatrixView(x.data(), Index(x.size()) / inputs, inputs) *
             ConstMatrixView(weight.data.data(), outputs, inputs).transpose();
  y.rowwise() += Eigen::Map<const Eigen::RowVectorXf>(bias.data.data(), outputs);
  return y;
}

}  // namespace

TrainingNetwork::Worker::Worker(const TrainingNetwork& network)
    : network_(&network),
      current_(network.state_->gradient_count * sizeof(float)),
      sums_(network.state_->gradient_count) {
  AllocateMaps();
  BindLayers();
}

void TrainingNetwork::Worker::AllocateMaps() {
  const TrainingNetwork& net = *network_;
  const State& state = *net.state_;
  const std::size_t n = net.options_.micro_batch;
  const std::size_t value_bytes = kernels::SizeOf(state.element);
  // A branch writes its own map, which is copied into its channels of the whole.
  std::map<std::string, std::size_t> whole_values;
  std::size_t largest_written = 0;
  std::size_t scratch = 0;
  values_.emplace(net.plan().input, AlignedBytes(n * net.InputBytes()));
  if (net.options_.input_gradient)
    diffs_.emplace(net.plan().input, AlignedBytes(n * net.InputBytes()));
  for (std::size_t i = 0; i < state.kernels.size(); ++i) {
    const Layer& layer = net.plan().layers[i];
    const std::size_t pixels = n * layer.out_size.Pixels();
    const std::size_t written = pixels * layer.out_channels * value_bytes;
    whole_values[layer.output] = pixels * (layer.output_channel + layer.out_channels) * value_bytes;
    if (WritesSlice(layer)) values_.emplace(layer.name, AlignedBytes(written));
    largest_written = std::max(largest_written, written);
    scratch = std::max(scratch, state.kernels[i].Sizes().scratch);
    workspaces_.emplace_back(state.kernels[i].Sizes().workspace);
  }
  for (std::size_t i = 0; i < state.kernels.size(); ++i) {
    const std::string& name = net.plan().layers[i].output;
    if (values_.contains(name)) continue;
    values_.emplace(name, AlignedBytes(whole_values.at(name)));
    if (state.needs_gradient[i]) diffs_.emplace(name, AlignedBytes(whole_values.at(name)));
  }
  diff_before_relu_ = AlignedBytes(largest_written);
  scratch_ = AlignedBytes(scratch);
}

void TrainingNetwork::Worker::BindLayers() {
  const TrainingNetwork& net = *network_;
  const State& state = *net.state_;
  const std::size_t n = net.options_.micro_batch;
  // The layers that give derivatives to each activation, in forward order.
  std::map<std::string, std::vector<std::size_t>> readers;
  for (std::size_t i = 0; i < state.kernels.size(); ++i) {
    if (state.input_needs_gradient[i]) readers[net.plan().layers[i].input].push_back(i);
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
  for (std::size_t i = 0; i < state.kernels.size(); ++i) {
    const Layer& layer = net.plan().layers[i];
    const TrainingKernel& kernel = state.kernels[i];
    const State::Packed& packed = state.packed[i];
    const State::GradientPlace& place = state.layer_places[i];
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
    if (state.needs_gradient[i]) {
      buffers.diff_destination =
          is_convolution ? diff_before_relu_.bytes() : diffs_.at(layer.output).bytes();
    }
    if (is_convolution) run.backward_weights = kernel.Bind(TrainingPass::kBackwardWeights, buffers);
    if (state.input_needs_gradient[i]) {
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
        run.sum = kernels::BindSum(SourceShape(layer, n), state.element, parts, diff);
      }
    }
    runs_.push_back(std::move(run));
  }
  // Slots are shared by all activations, so no activation's readers may stand between another's.
  for (const auto& [name, layers] : readers) {
    for (std::size_t i = layers.front(); i <= layers.back(); ++i) {
      const std::string& between = net.plan().layers[i].input;
      Expects(between == name || !readers.contains(between) || readers.at(between).size() == 1,
              "readers of one activation next to each other");
    }
  }
}

std::span<std::byte> TrainingNetwork::Worker::Input(std::size_t i) {
  Expects(i < network_->options_.micro_batch, "an example of the micro-batch");
  const std::size_t bytes = network_->InputBytes();
  return values_.at(network_->plan().input).bytes().subspan(i * bytes, bytes);
}

std::span<const std::byte> TrainingNetwork::Worker::InputGradient(std::size_t i) const {
  Expects(network_->options_.input_gradient && i < network_->options_.micro_batch,
          "the derivatives of an example's input");
  const std::size_t bytes = network_->InputBytes();
  return diffs_.at(network_->plan().input).bytes().subspan(i * bytes, bytes);
}

std::span<const std::byte> TrainingNetwork::Worker::RunToLastMap() {
  Forward(/*with_auxiliary=*/true);
  return values_.at(network_->plan().layers.back().output).bytes();
}

void TrainingNetwork::Worker::RunBackFromLastMap(std::span<const float> gradient) {
  const kernels::ElementType element = network_->state_->element;
  const std::span<std::byte> diff = diffs_.at(network_->plan().layers.back().output).bytes();
  Expects(gradient.size() * kernels::SizeOf(element) == diff.size(), "derivatives of the last map");
  // Values side by side are one pixel's channels: the order stays as it is.
  kernels::ToNhwc(TensorView({1, gradient.size(), 1, 1}, gradient), {element}, diff);
  Backward();
}

kernels::ChannelSlice TrainingNetwork::Worker::SliceOf(const Layer& layer) const {
  const std::size_t pixels = network_->options_.micro_batch * layer.out_size.Pixels();
  const std::size_t value_bytes = kernels::SizeOf(network_->state_->element);
  return {.pixels = pixels,
          .first = layer.output_channel,
          .channels = layer.out_channels,
          .total_channels = values_.at(layer.output).size() / pixels / value_bytes};
}

void TrainingNetwork::Worker::Forward(bool with_auxiliary) {
  const kernels::SingleThread single_thread;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Layer& layer = network_->plan().layers[i];
    if (!with_auxiliary && IsAuxiliary(layer)) continue;
    runs_[i].forward->Run();
    if (!WritesSlice(layer)) continue;
    kernels::CopyIntoChannels(values_.at(layer.name).bytes(),
                              SliceOf(layer),
                              network_->state_->element,
                              values_.at(layer.output).bytes());
  }
}

void TrainingNetwork::Worker::Backward() {
  const kernels::SingleThread single_thread;
  for (std::size_t i = runs_.size(); i-- > 0;) {
    const Layer& layer = network_->plan().layers[i];
    const LayerRun& run = runs_[i];
    if (run.backward_weights) {
      kernels::ReluBackwardFromChannels(
          diffs_.at(layer.output).bytes(),
          SliceOf(layer),
          values_.at(WritesSlice(layer) ? layer.name : layer.output).bytes(),
          network_->state_->element,
          diff_before_relu_.bytes());
      run.backward_weights->Run();
    }
    if (run.backward_data) run.backward_data->Run();
    if (run.sum) run.sum->Run();
    if (network_->plan().profile_head && i + 1 == runs_.size()) AddProfileDerivatives();
  }
  const auto* current = reinterpret_cast<const float*>(current_.bytes().data());
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += current[i];
}

std::vector<float> TrainingNetwork::Worker::FeaturesOf(const TrainingHead& head) {
  return kernels::FromNhwc(values_.at(head.input).bytes(),
                           {network_->options_.micro_batch, head.features, 1, 1},
                           {network_->state_->element})
      .data;
}

std::size_t TrainingNetwork::Worker::ProfileOutputs() const {
  const std::optional<ProfileHead>& head = network_->plan().profile_head;
  return head ? head->outputs : 0;
}

std::vector<float> TrainingNetwork::Worker::Profiles(std::size_t count) {
  const kernels::ElementType element = network_->state_->element;
  const std::span<const std::byte> maps = values_.at(network_->plan().profile_head->input).bytes();
  const std::size_t bytes = maps.size() / network_->options_.micro_batch;
  std::vector<float> profiles(count * kProfileDim);
  for (std::size_t i = 0; i < count; ++i) {
    kernels::AverageOverRowsAndColumns(maps.subspan(i * bytes, bytes),
                                       kLastMapSide,
                                       {element},
                                       std::span(profiles).subspan(i * kProfileDim, kProfileDim));
  }
  for (float& value : profiles) value *= kProfileScale;
  return profiles;
}

void TrainingNetwork::Worker::AddProfileDerivatives() {
  const kernels::ElementType element = network_->state_->element;
  const std::span<std::byte> maps = diffs_.at(network_->plan().profile_head->input).bytes();
  const std::size_t bytes = maps.size() / network_->options_.micro_batch;
  for (std::size_t i = 0; i * kProfileDim < profile_diffs_.size(); ++i) {
    kernels::AverageOverRowsAndColumnsBackward(
        std::span<const float>(profile_diffs_).subspan(i * kProfileDim, kProfileDim),
        kLastMapSide,
        element,
        maps.subspan(i * bytes, bytes));
  }
}

double TrainingNetwork::Worker::TrainHead(std::size_t head_index,
                                          std::size_t first_example,
                                          std::span<const std::uint64_t> seeds,
                                          float scale,
                                          const ExampleLoss& loss) {
  const TrainingHead& head = network_->plan().heads[head_index];
  const std::size_t n = network_->options_.micro_batch;
  const std::size_t outputs = network_->options_.outputs;
  const std::size_t features = head.features;
  const ConstMatrixView weight(
      network_->state_->head_weights[head_index].data.data(), Index(outputs), Index(features));

  // y = W (m x) + b for each example; m is dropout's mask, 0 for places without an example.
  std::vector<float> mask(n * features);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const std::vector<float> drawn = DropoutMask(head, seeds[i]);
    std::copy(drawn.begin(), drawn.end(), mask.begin() + static_cast<std::ptrdiff_t>(i * features));
  }
  std::vector<float> source = FeaturesOf(head);
  kernels::MultiplyByMask(mask, source);
  const ConstMatrixView x(source.data(), Index(n), Index(features));
  const std::size_t profile_outputs = head_index == 0 ? ProfileOutputs() : 0;
  const std::size_t all_outputs = outputs + profile_outputs;
  const State& state = *network_->state_;
  Matrix all_scores(Index(n), Index(all_outputs));
  all_scores.leftCols(Index(outputs)) =
      Linear(source, state.head_weights[head_index], state.head_biases[head_index]);
  std::vector<float> profiles;
  if (profile_outputs > 0) {
    profiles = Profiles(n);
    all_scores.rightCols(Index(profile_outputs)) =
        Linear(profiles, state.profile_weights, state.profile_biases);
  }

  Matrix all_diffs = Matrix::Zero(Index(n), Index(all_outputs));
  double sum = 0;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    sum += loss(first_example + i,
                std::span(all_scores.data() + i * all_outputs, all_outputs),
                std::span(all_diffs.data() + i * all_outputs, all_outputs));
  }
  all_diffs *= scale * static_cast<float>(head.loss_weight);
  if (profile_outputs > 0) {
    const Matrix profile_diff = all_diffs.rightCols(Index(profile_outputs));
    const State::GradientPlace& of_profiles = state.profile_place;
    MatrixView(sums_.data() + of_profiles.weight, Index(profile_outputs), Index(kProfileDim)) +=
        profile_diff.transpose() * ConstMatrixView(profiles.data(), Index(n), Index(kProfileDim));
    Eigen::Map<Eigen::RowVectorXf>(sums_.data() + of_profiles.bias, Index(profile_outputs)) +=
        profile_diff.colwise().sum();
    profile_diffs_.resize(n * kProfileDim);
    MatrixView(profile_diffs_.data(), Index(n), Index(kProfileDim)) =
        kProfileScale * profile_diff *
        ConstMatrixView(
            state.profile_weights.data.data(), Index(profile_outputs), Index(kProfileDim));
  }
  const Matrix diff = all_diffs.leftCols(Index(outputs));

  const State::GradientPlace& place = state.head_places[head_index];
  MatrixView(sums_.data() + place.weight, Index(outputs), Index(features)) += diff.transpose() * x;
  Eigen::Map<Eigen::RowVectorXf>(sums_.data() + place.bias, Index(outputs)) += diff.colwise().sum();

  const auto diff_of_input = diffs_.find(head.input);
  if (diff_of_input == diffs_.end()) return sum;  // nothing below it learns
  Matrix diff_source = diff * weight;
  const std::span<float> values(diff_source.data(), n * features);
  kernels::MultiplyByMask(mask, values);
  kernels::ToNhwc(TensorView({n, features, 1, 1}, values),
                  {network_->state_->element},
                  diff_of_input->second.bytes());
  return sum;
}

LossSums TrainingNetwork::Worker::Train(std::size_t first_example,
                                        std::span<const std::uint64_t> seeds,
                                        float scale,
                                        const ExampleLoss& loss) {
  Expects(seeds.size() <= network_->options_.micro_batch, "at most micro_batch examples");
  Forward(/*with_auxiliary=*/true);
  LossSums sums;
  for (std::size_t head = 0; head < network_->plan().heads.size(); ++head) {
    const double sum = TrainHead(head, first_example, seeds, scale, loss);
    if (head == 0) sums.main = sum;
    sums.total += network_->plan().heads[head].loss_weight * sum;
  }
  Backward();
  return sums;
}

std::vector<float> TrainingNetwork::Worker::Score(std::size_t count) {
  Expects(count <= network_->options_.micro_batch, "at most micro_batch examples");
  Forward(/*with_auxiliary=*/false);
  const State& state = *network_->state_;
  std::vector<float> features = FeaturesOf(network_->plan().heads.front());
  features.resize(count * network_->plan().heads.front().features);
  const std::size_t outputs = network_->options_.outputs;
  const std::size_t all_outputs = outputs + ProfileOutputs();
  std::vector<float> scores(count * all_outputs);
  MatrixView all(scores.data(), Index(count), Index(all_outputs));
  all.leftCols(Index(outputs)) =
      Linear(features, state.head_weights.front(), state.head_biases.front());
  if (ProfileOutputs() > 0) {
    all.rightCols(Index(ProfileOutputs())) =
        Linear(Profiles(count), state.profile_weights, state.profile_biases);
  }
  return scores;
}

void TrainingNetwork::Worker::ClearGradients() { std::fill(sums_.begin(), sums_.end(), 0.0F); }

void TrainingNetwork::Worker::UnpackGradients(Weights& gradients) {
  for (const Blob& blob : network_->blobs_) {
    Tensor& gradient = gradients[blob.name];
    gradient.shape = blob.shape;
    gradient.data.resize(blob.shape.Count());
  }
  for (std::size_t i = 0; i < network_->state_->kernels.size(); ++i) {
    const Layer& layer = network_->plan().layers[i];
    if (layer.kind != LayerKind::kConvolution) continue;
    const State::GradientPlace& place = network_->state_->layer_places[i];
    network_->state_->kernels[i].Unpack(
        {.diff_weight =
             std::as_writable_bytes(std::span(sums_).subspan(place.weight, place.weight_count)),
         .diff_bias =
             std::as_writable_bytes(std::span(sums_).subspan(place.bias, place.bias_count))},
        gradients.at(WeightName(layer.name)),
        gradients.at(BiasName(layer.name)).data);
  }
  for (std::size_t i = 0; i < network_->plan().heads.size(); ++i) {
    const TrainingHead& head = network_->plan().heads[i];
    const State::GradientPlace& place = network_->state_->head_places[i];
    std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(place.weight),
                place.weight_count,
                gradients.at(WeightName(head.classifier)).data.begin());
    std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(place.bias),
                place.bias_count,
                gradients.at(BiasName(head.classifier)).data.begin());
  }
  if (const std::optional<ProfileHead>& head = network_->plan().profile_head) {
    const State::GradientPlace& place = network_->state_->profile_place;
    std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(place.weight),
                place.weight_count,
                gradients.at(WeightName(head->name)).data.begin());
    std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(place.bias),
                place.bias_count,
                gradients.at(BiasName(head->name)).data.begin());
  }
}

std::size_t TrainingNetwork::Worker::SizeBytes() const {
  return SizeOfAll(values_) + SizeOfAll(diffs_) + SizeOfAll(slots_) + SizeOfAll(workspaces_) +
         diff_before_relu_.size() + scratch_.size() + current_.size() +
         (sums_.size() + profile_diffs_.size()) * sizeof(float);
}

}  // namespace deeper
