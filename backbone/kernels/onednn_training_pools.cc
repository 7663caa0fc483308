#include "backbone/kernels/onednn_training_pools.h"

#include <cstdint>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

#include "backbone/kernels/lrn_backward.h"
#include "backbone/kernels/onednn_detail.h"
#include "backbone/kernels/onednn_training_detail.h"
#include "core/error.h"

namespace deeper::kernels {

using namespace onednn;  // NOLINT(google-build-using-namespace): what the kernels share

namespace {

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
