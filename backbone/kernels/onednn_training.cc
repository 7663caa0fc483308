#include "backbone/kernels/onednn_training.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

#include "backbone/kernels/lrn_backward.h"
#include "backbone/kernels/onednn_detail.h"
#include "core/error.h"

namespace deeper::kernels {

using namespace onednn;  // NOLINT(google-build-using-namespace): what both files of kernels share

namespace {

// A buffer that a pass reads or writes: oneDNN's number for it, which one, and how it is laid out.
struct Argument {
  int number = 0;
  std::span<std::byte> TrainingBuffers::*buffer = nullptr;
  dnnl::memory::desc layout;
};

struct Pass {
  dnnl::primitive primitive;
  std::string implementation;
  std::vector<Argument> arguments;
  // What runs instead of the primitive, where oneDNN has nothing fast.
  std::function<void(const TrainingBuffers&)> plain;
};

}  // namespace

struct TrainingKernel::State {
  Shape source_shape;
  Shape destination_shape;
  TrainingSizes sizes;
  std::map<TrainingPass, Pass> passes;
};

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

// Adds a pass: what oneDNN chose, and the buffers that it needs besides its scratch.
template <class Primitive>
void AddPass(TrainingKernel::State& state,
             TrainingPass pass,
             const typename Primitive::primitive_desc& description,
             std::vector<Argument> arguments) {
  const dnnl::memory::desc scratch = description.scratchpad_desc();
  arguments.push_back({DNNL_ARG_SCRATCHPAD, &TrainingBuffers::scratch, scratch});
  state.sizes.scratch = std::max(state.sizes.scratch, scratch.get_size());
  state.passes.emplace(pass,
                       Pass{.primitive = Primitive(description),
                            .implementation = description.impl_info_str(),
                            .arguments = std::move(arguments),
                            .plain = {}});
}

TrainingKernel Finish(TrainingKernel::State state, const Shape& source, const Shape& destination) {
  state.source_shape = source;
  state.destination_shape = destination;
  return TrainingKernel(std::make_unique<const TrainingKernel::State>(std::move(state)));
}

TrainingKernel PreparePool(const Shape& source,
                           const Window& window,
                           dnnl::algorithm algorithm,
                           ElementType element) {
  const SingleThread single_thread;
  const Shape destination = SlidShape(source, source.c, window, Rounding::kUp);
  const Dims behind = {Dim(PadBehind(source.h, destination.h, window)),
                       Dim(PadBehind(source.w, destination.w, window))};
  const dnnl::pooling_forward::desc forward(dnnl::prop_kind::forward_training,
                                            algorithm,
                                            Nhwc(source, element),
                                            Nhwc(destination, element),
                                            Both(window.stride),
                                            Both(window.kernel),
                                            Both(window.pad),
                                            behind);
  const dnnl::pooling_backward::desc backward(algorithm,
                                              Nhwc(source, element),
                                              Nhwc(destination, element),
                                              Both(window.stride),
                                              Both(window.kernel),
                                              Both(window.pad),
                                              behind);
  const auto described = Describe<dnnl::pooling_forward>(forward, Attributes(), "pooling");
  const auto gradient =
      Describe<dnnl::pooling_backward>(backward, Attributes(), "gradient of pooling", described);

  TrainingKernel::State state;
  const dnnl::memory::desc workspace = described.workspace_desc();
  state.sizes.workspace = workspace.get_size();
  AddPass<dnnl::pooling_forward>(
      state,
      TrainingPass::kForward,
      described,
      {{DNNL_ARG_SRC, &TrainingBuffers::source, described.src_desc()},
       {DNNL_ARG_DST, &TrainingBuffers::destination, described.dst_desc()},
       {DNNL_ARG_WORKSPACE, &TrainingBuffers::workspace, workspace}});
  AddPass<dnnl::pooling_backward>(
      state,
      TrainingPass::kBackwardData,
      gradient,
      {{DNNL_ARG_DIFF_DST, &TrainingBuffers::diff_destination, gradient.diff_dst_desc()},
       {DNNL_ARG_DIFF_SRC, &TrainingBuffers::diff_source, gradient.diff_src_desc()},
       {DNNL_ARG_WORKSPACE, &TrainingBuffers::workspace, workspace}});
  return Finish(std::move(state), source, destination);
}

// diff = diff_map where output > 0. A bf16's bits, read as a signed integer, are positive exactly
// when its value is.
template <class Value>
void MaskByPositive(std::span<const std::byte> diff_map,
                    const ChannelSlice& slice,
                    std::span<const std::byte> output,
                    std::span<std::byte> diff) {
  const auto* from = reinterpret_cast<const Value*>(diff_map.data()) + slice.first;
  const auto* written = reinterpret_cast<const Value*>(output.data());
  auto* to = reinterpret_cast<Value*>(diff.data());
  for (std::size_t pixel = 0; pixel < slice.pixels; ++pixel) {
    // In place, each value replaces itself alone.
#pragma GCC ivdep
    for (std::size_t c = 0; c < slice.channels; ++c) {
      to[c] = written[c] > Value{0} ? from[c] : Value{0};
    }
    from += slice.total_channels;
    written += slice.channels;
    to += slice.channels;
  }
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

TrainingKernel PrepareTrainingMaxPool(const Shape& source,
                                      const Window& window,
                                      ElementType element) {
  return PreparePool(source, window, dnnl::algorithm::pooling_max, element);
}

TrainingKernel PrepareTrainingAveragePool(const Shape& source,
                                          const Window& window,
                                          ElementType element) {
  return PreparePool(source, window, dnnl::algorithm::pooling_avg_exclude_padding, element);
}

TrainingKernel PrepareTrainingLrn(const Shape& source,
                                  const LrnParameters& parameters,
                                  ElementType element) {
  const SingleThread single_thread;
  const dnnl::memory::desc layout = Nhwc(source, element);
  constexpr auto kAcross = dnnl::algorithm::lrn_across_channels;
  const dnnl::lrn_forward::desc forward(dnnl::prop_kind::forward_training,
                                        kAcross,
                                        layout,
                                        Dim(parameters.size),
                                        parameters.alpha,
                                        parameters.beta,
                                        parameters.k);
  const dnnl::lrn_backward::desc backward(kAcross,
                                          layout,
                                          layout,
                                          Dim(parameters.size),
                                          parameters.alpha,
                                          parameters.beta,
                                          parameters.k);
  const auto described = Describe<dnnl::lrn_forward>(forward, Attributes(), "normalisation");
  const dnnl::lrn_backward::primitive_desc gradient(backward, Attributes(), CpuEngine(), described);
  TrainingKernel::State state;
  const dnnl::memory::desc workspace = described.workspace_desc();
  state.sizes.workspace = workspace.get_size();
  AddPass<dnnl::lrn_forward>(state,
                             TrainingPass::kForward,
                             described,
                             {{DNNL_ARG_SRC, &TrainingBuffers::source, layout},
                              {DNNL_ARG_DST, &TrainingBuffers::destination, layout},
                              {DNNL_ARG_WORKSPACE, &TrainingBuffers::workspace, workspace}});
  AddPass<dnnl::lrn_backward>(state,
                              TrainingPass::kBackwardData,
                              gradient,
                              {{DNNL_ARG_SRC, &TrainingBuffers::source, layout},
                               {DNNL_ARG_DIFF_DST, &TrainingBuffers::diff_destination, layout},
                               {DNNL_ARG_DIFF_SRC, &TrainingBuffers::diff_source, layout},
                               {DNNL_ARG_WORKSPACE, &TrainingBuffers::workspace, workspace}});
  if (IsReferenceLoop(gradient.impl_info_str())) {
    Pass& pass = state.passes.at(TrainingPass::kBackwardData);
    pass.implementation = "plain";
    pass.plain = [source, parameters, element](const TrainingBuffers& buffers) {
      LrnBackward(source,
                  parameters,
                  element,
                  buffers.source,
                  buffers.diff_destination,
                  buffers.diff_source);
    };
  }
  return Finish(std::move(state), source, source);
}

BoundKernel BindSum(const Shape& shape,
                    ElementType element,
                    const std::vector<std::span<std::byte>>& sources,
                    std::span<std::byte> destination) {
  const SingleThread single_thread;
  const dnnl::memory::desc layout = Nhwc(shape, element);
  Expects(!sources.empty() && destination.size() >= layout.get_size(), "maps of the shape");
  const dnnl::sum::primitive_desc description(
      layout,
      std::vector<float>(sources.size(), 1.0F),
      std::vector<dnnl::memory::desc>(sources.size(), layout),
      CpuEngine());
  auto bound = std::make_unique<BoundKernel::State>();
  bound->primitive = dnnl::sum(description);
  bound->stream = dnnl::stream(CpuEngine());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    Expects(sources[i].size() >= layout.get_size(), "maps of the shape");
    bound->arguments.emplace(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i),
                             dnnl::memory(layout, CpuEngine(), sources[i].data()));
  }
  bound->arguments.emplace(DNNL_ARG_DST, dnnl::memory(layout, CpuEngine(), destination.data()));
  return BoundKernel(std::move(bound));
}

void ReluBackwardFromChannels(std::span<const std::byte> diff_map,
                              const ChannelSlice& slice,
                              std::span<const std::byte> output,
                              ElementType element,
                              std::span<std::byte> diff) {
  const std::size_t dense_bytes = slice.pixels * slice.channels * SizeOf(element);
  Expects(slice.first + slice.channels <= slice.total_channels &&
              diff_map.size() >= slice.pixels * slice.total_channels * SizeOf(element) &&
              output.size() >= dense_bytes && diff.size() >= dense_bytes,
          "maps of the slice's size");
  if (element == ElementType::kF32) {
    MaskByPositive<float>(diff_map, slice, output, diff);
  } else {
    MaskByPositive<std::int16_t>(diff_map, slice, output, diff);
  }
}

}  // namespace deeper::kernels
