#include "backbone/kernels/onednn.h"

#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backbone/kernels/onednn_detail.h"
#include "core/error.h"

namespace deeper::kernels {

using namespace onednn;  // NOLINT(google-build-using-namespace): what both files of kernels share

struct PreparedKernel::State {
  Shape source_shape;
  Shape destination_shape;
  dnnl::memory::desc source;
  dnnl::memory::desc destination;
  dnnl::memory::desc scratch;
  std::string implementation;
  dnnl::primitive primitive;
  std::unordered_map<int, dnnl::memory> learned;
};

namespace {

// Copies dense values into memory of another layout or element type.
dnnl::memory Packed(const dnnl::memory::desc& dense,
                    std::span<const float> values,
                    const dnnl::memory::desc& packed) {
  dnnl::memory from(dense, CpuEngine(), const_cast<float*>(values.data()));
  dnnl::memory to(packed, CpuEngine());
  dnnl::stream stream(CpuEngine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}

// What a run needs from a primitive's description.
template <class Primitive>
PreparedKernel::State StateOf(const typename Primitive::primitive_desc& description) {
  PreparedKernel::State state;
  state.implementation = description.impl_info_str();
  state.source = description.src_desc();
  state.destination = description.dst_desc();
  state.scratch = description.scratchpad_desc();
  state.primitive = Primitive(description);
  return state;
}

PreparedKernel Finish(PreparedKernel::State state, const Shape& source, const Shape& destination) {
  state.source_shape = source;
  state.destination_shape = destination;
  return PreparedKernel(std::make_unique<const PreparedKernel::State>(std::move(state)));
}

}  // namespace

bool RunsBf16() {
  constexpr auto kNeeded = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & kNeeded) == kNeeded;
}

BoundKernel::BoundKernel(std::unique_ptr<State> state) : state_(std::move(state)) {}
BoundKernel::BoundKernel(BoundKernel&&) noexcept = default;
BoundKernel& BoundKernel::operator=(BoundKernel&&) noexcept = default;
BoundKernel::~BoundKernel() = default;

void BoundKernel::Run() const {
  const SingleThread single_thread;
  state_->primitive.execute(state_->stream, state_->arguments);
}

PreparedKernel::PreparedKernel(std::unique_ptr<const State> state) : state_(std::move(state)) {}
PreparedKernel::PreparedKernel(PreparedKernel&&) noexcept = default;
PreparedKernel& PreparedKernel::operator=(PreparedKernel&&) noexcept = default;
PreparedKernel::~PreparedKernel() = default;

Shape PreparedKernel::Source() const { return state_->source_shape; }
Shape PreparedKernel::Destination() const { return state_->destination_shape; }
std::size_t PreparedKernel::ScratchBytes() const { return state_->scratch.get_size(); }
std::string PreparedKernel::Implementation() const { return state_->implementation; }

BoundKernel PreparedKernel::Bind(std::span<const std::byte> source,
                                 std::span<std::byte> destination,
                                 std::span<std::byte> scratch) const {
  Expects(source.size() >= state_->source.get_size(), "a source buffer of the kernel's size");
  Expects(destination.size() >= state_->destination.get_size(),
          "a destination buffer of the kernel's size");
  Expects(scratch.size() >= state_->scratch.get_size(), "a scratch buffer of the kernel's size");
  const dnnl::engine& engine = CpuEngine();
  auto bound = std::make_unique<BoundKernel::State>();
  bound->primitive = state_->primitive;
  bound->stream = dnnl::stream(engine);
  bound->arguments = state_->learned;
  bound->arguments.emplace(
      DNNL_ARG_SRC, dnnl::memory(state_->source, engine, const_cast<std::byte*>(source.data())));
  bound->arguments.emplace(DNNL_ARG_DST,
                           dnnl::memory(state_->destination, engine, destination.data()));
  bound->arguments.emplace(DNNL_ARG_SCRATCHPAD,
                           dnnl::memory(state_->scratch, engine, scratch.data()));
  return BoundKernel(std::move(bound));
}

PreparedKernel PrepareConvolution(const Shape& source,
                                  const Window& window,
                                  TensorView weight,
                                  std::span<const float> bias,
                                  ElementType element) {
  Expects(weight.shape.c == source.c && weight.shape.h == window.kernel &&
              weight.shape.w == window.kernel,
          "weights for the source's channels and the window");
  Expects(bias.size() == weight.shape.n, "one bias a filter");
  const SingleThread single_thread;
  const Shape destination = SlidShape(source, weight.shape.n, window, Rounding::kDown);
  const dnnl::memory::desc dense_bias(Dims{Dim(bias.size())}, DataType::f32, Tag::a);

  dnnl::primitive_attr attributes = Attributes();
  dnnl::post_ops relu;
  relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
  attributes.set_post_ops(relu);
  const dnnl::convolution_forward::desc operation(
      dnnl::prop_kind::forward_inference,
      dnnl::algorithm::convolution_direct,
      Nhwc(source, element),
      dnnl::memory::desc(DimsOf(weight.shape), TypeOf(element), Tag::any),
      dense_bias,
      Nhwc(destination, element),
      Both(window.stride),
      Both(window.pad),
      Both(window.pad));
  const auto description =
      Describe<dnnl::convolution_forward>(operation, attributes, "convolution");

  auto state = StateOf<dnnl::convolution_forward>(description);
  const dnnl::memory::desc dense_weight(DimsOf(weight.shape), DataType::f32, Tag::oihw);
  state.learned.emplace(DNNL_ARG_WEIGHTS,
                        Packed(dense_weight, weight.data, description.weights_desc()));
  state.learned.emplace(DNNL_ARG_BIAS, Packed(dense_bias, bias, description.bias_desc()));
  return Finish(std::move(state), source, destination);
}

PreparedKernel PrepareMaxPool(const Shape& source, const Window& window, ElementType element) {
  const SingleThread single_thread;
  const Shape destination = SlidShape(source, source.c, window, Rounding::kUp);
  const Dims behind = {Dim(PadBehind(source.h, destination.h, window)),
                       Dim(PadBehind(source.w, destination.w, window))};
  const dnnl::pooling_forward::desc operation(dnnl::prop_kind::forward_inference,
                                              dnnl::algorithm::pooling_max,
                                              Nhwc(source, element),
                                              Nhwc(destination, element),
                                              Both(window.stride),
                                              Both(window.kernel),
                                              Both(window.pad),
                                              behind);
  const auto description = Describe<dnnl::pooling_forward>(operation, Attributes(), "max pooling");
  return Finish(StateOf<dnnl::pooling_forward>(description), source, destination);
}

PreparedKernel PrepareLrn(const Shape& source,
                          const LrnParameters& parameters,
                          ElementType element) {
  const SingleThread single_thread;
  const dnnl::lrn_forward::desc operation(dnnl::prop_kind::forward_inference,
                                          dnnl::algorithm::lrn_across_channels,
                                          Nhwc(source, element),
                                          Dim(parameters.size),
                                          parameters.alpha,
                                          parameters.beta,
                                          parameters.k);
  const auto description = Describe<dnnl::lrn_forward>(operation, Attributes(), "normalisation");
  return Finish(StateOf<dnnl::lrn_forward>(description), source, source);
}

}  // namespace deeper::kernels
