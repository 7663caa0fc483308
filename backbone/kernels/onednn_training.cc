#include "backbone/kernels/onednn_training.h"

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

#include "backbone/kernels/onednn_detail.h"
#include "backbone/kernels/onednn_training_detail.h"
#include "core/error.h"

namespace deeper::kernels {

using namespace onednn;  // NOLINT(google-build-using-namespace): what the kernels share

namespace {

void Reorder(const dnnl::memory::desc& from_layout,
             const void* from,
             const dnnl::memory::desc& to_layout,
             void* to) {
  const SingleThread single_thread;
  dnnl::memory source(from_layout, CpuEngine(), const_cast<void*>(from));
  dnnl::memory destination(to_layout, CpuEngine(), to);
  dnnl::stream stream(CpuEngine());
  dnnl::reorder(source, destination).execute(stream, source, destination);
  stream.wait();
}

// Dense f32 as a Tensor has it.
dnnl::memory::desc DenseWeight(const Shape& shape) {
  return {DimsOf(shape), DataType::f32, Tag::oihw};
}
dnnl::memory::desc DenseBias(std::size_t size) { return {Dims{Dim(size)}, DataType::f32, Tag::a}; }

const dnnl::memory::desc& LayoutOf(const TrainingKernel::State& state,
                                   TrainingPass pass,
                                   std::span<std::byte> TrainingBuffers::*buffer) {
  for (const Argument& argument : state.passes.at(pass).arguments) {
    if (argument.buffer == buffer) return argument.layout;
  }
  throw ContractViolation("a buffer that the pass uses");
}

}  // namespace

TrainingKernel::TrainingKernel(std::unique_ptr<const State> state) : state_(std::move(state)) {}
TrainingKernel::TrainingKernel(TrainingKernel&&) noexcept = default;
TrainingKernel& TrainingKernel::operator=(TrainingKernel&&) noexcept = default;
TrainingKernel::~TrainingKernel() = default;

Shape TrainingKernel::Source() const { return state_->source_shape; }
Shape TrainingKernel::Destination() const { return state_->destination_shape; }
const TrainingSizes& TrainingKernel::Sizes() const { return state_->sizes; }

std::vector<std::string> TrainingKernel::Implementations() const {
  std::vector<std::string> names;
  for (const auto& [kind, pass] : state_->passes) names.push_back(pass.implementation);
  return names;
}

BoundKernel TrainingKernel::Bind(TrainingPass kind, const TrainingBuffers& buffers) const {
  const auto pass = state_->passes.find(kind);
  Expects(pass != state_->passes.end(), "a pass that the layer has");
  auto bound = std::make_unique<BoundKernel::State>();
  bound->primitive = pass->second.primitive;
  bound->stream = dnnl::stream(CpuEngine());
  for (const Argument& argument : pass->second.arguments) {
    const std::span<std::byte> bytes = buffers.*argument.buffer;
    Expects(bytes.size() >= argument.layout.get_size(), "buffers of the kernel's sizes");
    bound->arguments.emplace(argument.number,
                             dnnl::memory(argument.layout, CpuEngine(), bytes.data()));
  }
  if (pass->second.plain) {
    bound->plain = [run = pass->second.plain, buffers] { run(buffers); };
  }
  return BoundKernel(std::move(bound));
}

void TrainingKernel::Pack(TensorView weight,
                          std::span<const float> bias,
                          const TrainingBuffers& buffers) const {
  Expects(weight.shape.n == state_->destination_shape.c &&
              weight.shape.c == state_->source_shape.c && bias.size() == weight.shape.n,
          "weights and biases of the convolution");
  Expects(buffers.forward_weight.size() >= state_->sizes.forward_weight &&
              buffers.forward_bias.size() >= state_->sizes.forward_bias &&
              buffers.backward_weight.size() >= state_->sizes.backward_weight,
          "buffers of the kernel's sizes");
  const dnnl::memory::desc dense = DenseWeight(weight.shape);
  Reorder(dense,
          weight.data.data(),
          LayoutOf(*state_, TrainingPass::kForward, &TrainingBuffers::forward_weight),
          buffers.forward_weight.data());
  std::copy(bias.begin(), bias.end(), reinterpret_cast<float*>(buffers.forward_bias.data()));
  if (!state_->passes.contains(TrainingPass::kBackwardData)) return;
  Reorder(dense,
          weight.data.data(),
          LayoutOf(*state_, TrainingPass::kBackwardData, &TrainingBuffers::backward_weight),
          buffers.backward_weight.data());
}

void TrainingKernel::Unpack(const TrainingBuffers& buffers,
                            MutableTensorView diff_weight,
                            std::span<float> diff_bias) const {
  Expects(diff_weight.shape.n == state_->destination_shape.c &&
              diff_weight.shape.c == state_->source_shape.c &&
              diff_bias.size() == diff_weight.shape.n,
          "gradients of the convolution's weights and biases");
  Expects(buffers.diff_weight.size() >= state_->sizes.diff_weight &&
              buffers.diff_bias.size() >= state_->sizes.diff_bias,
          "buffers of the kernel's sizes");
  Reorder(LayoutOf(*state_, TrainingPass::kBackwardWeights, &TrainingBuffers::diff_weight),
          buffers.diff_weight.data(),
          DenseWeight(diff_weight.shape),
          diff_weight.data.data());
  const auto* bias = reinterpret_cast<const float*>(buffers.diff_bias.data());
  std::copy(bias, bias + diff_bias.size(), diff_bias.begin());
}

TrainingKernel PrepareTrainingConvolution(const Shape& source,
                                          const Window& window,
                                          std::size_t out_channels,
                                          ElementType element,
                                          DiffSource diff_source) {
  const SingleThread single_thread;
  const Shape destination = SlidShape(source, out_channels, window, Rounding::kDown);
  const Shape weight = {out_channels, source.c, window.kernel, window.kernel};
  const dnnl::memory::desc any_weight(DimsOf(weight), TypeOf(element), Tag::any);
  const dnnl::memory::desc any_diff_weight(DimsOf(weight), DataType::f32, Tag::any);
  const dnnl::memory::desc bias = DenseBias(out_channels);
  const dnnl::memory::desc source_layout = Nhwc(source, element);
  const dnnl::memory::desc destination_layout = Nhwc(destination, element);
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const Dims stride = Both(window.stride);
  const Dims pad = Both(window.pad);

  dnnl::primitive_attr with_relu = Attributes();
  dnnl::post_ops relu;
  relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
  with_relu.set_post_ops(relu);
  const auto forward = Describe<dnnl::convolution_forward>({dnnl::prop_kind::forward_training,
                                                            kDirect,
                                                            source_layout,
                                                            any_weight,
                                                            bias,
                                                            destination_layout,
                                                            stride,
                                                            pad,
                                                            pad},
                                                           with_relu,
                                                           "convolution");
  TrainingKernel::State state;
  state.sizes.forward_weight = forward.weights_desc().get_size();
  state.sizes.forward_bias = forward.bias_desc().get_size();
  AddPass<dnnl::convolution_forward>(
      state,
      TrainingPass::kForward,
      forward,
      {{DNNL_ARG_SRC, &TrainingBuffers::source, source_layout},
       {DNNL_ARG_WEIGHTS, &TrainingBuffers::forward_weight, forward.weights_desc()},
       {DNNL_ARG_BIAS, &TrainingBuffers::forward_bias, forward.bias_desc()},
       {DNNL_ARG_DST, &TrainingBuffers::destination, destination_layout}});

  if (diff_source == DiffSource::kWanted) {
    const auto data = Describe<dnnl::convolution_backward_data>(
        {kDirect, source_layout, any_weight, destination_layout, stride, pad, pad},
        Attributes(),
        "gradient of a convolution's source",
        forward);
    state.sizes.backward_weight = data.weights_desc().get_size();
    AddPass<dnnl::convolution_backward_data>(
        state,
        TrainingPass::kBackwardData,
        data,
        {{DNNL_ARG_DIFF_DST, &TrainingBuffers::diff_destination, destination_layout},
         {DNNL_ARG_WEIGHTS, &TrainingBuffers::backward_weight, data.weights_desc()},
         {DNNL_ARG_DIFF_SRC, &TrainingBuffers::diff_source, source_layout}});
  }

  const auto weights = Describe<dnnl::convolution_backward_weights>(
      {kDirect, source_layout, any_diff_weight, bias, destination_layout, stride, pad, pad},
      Attributes(),
      "gradient of a convolution's weights",
      forward);
  state.sizes.diff_weight = weights.diff_weights_desc().get_size();
  state.sizes.diff_bias = weights.diff_bias_desc().get_size();
  AddPass<dnnl::convolution_backward_weights>(
      state,
      TrainingPass::kBackwardWeights,
      weights,
      {{DNNL_ARG_SRC, &TrainingBuffers::source, source_layout},
       {DNNL_ARG_DIFF_DST, &TrainingBuffers::diff_destination, destination_layout},
       {DNNL_ARG_DIFF_WEIGHTS, &TrainingBuffers::diff_weight, weights.diff_weights_desc()},
       {DNNL_ARG_DIFF_BIAS, &TrainingBuffers::diff_bias, weights.diff_bias_desc()}});
  return Finish(std::move(state), source, destination);
}

}  // namespace deeper::kernels
