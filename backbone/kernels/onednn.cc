#include "backbone/kernels/onednn.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backbone/kernels/largest_magnitude.h"
#include "backbone/kernels/onednn_detail.h"
#include "core/error.h"

namespace deeper::kernels {

using namespace onednn;  // NOLINT(google-build-using-namespace): what the kernels share

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
                    const void* values,
                    const dnnl::memory::desc& packed) {
  dnnl::memory from(dense, CpuEngine(), const_cast<void*>(values));
  dnnl::memory to(packed, CpuEngine());
  dnnl::stream stream(CpuEngine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}

// A convolution as oneDNN is asked for it: that of the layer, or the same sums over other sizes.
struct Geometry {
  Shape source;
  Shape weight;
  std::size_t stride_y = 1;
  std::size_t stride_x = 1;
  std::size_t pad = 0;
};

// bf16 is multiplied two channels at a time, which leaves a hole behind an odd number of them.
// Where a map has its padding in it and windows step by two pixels, two neighbouring pixels can be
// read as one of twice the channels: the window is then one pair longer at the most, and no channel
// is odd.
bool ReadsPixelsInPairs(const ConvolutionMaps& maps, const Window& window) {
  return maps.source_encoding.element == ElementType::kBf16 && maps.source.c % 2 == 1 &&
         maps.source.w % 2 == 0 && window.stride == 2 && window.pad == 0;
}

// Weights (out, c, k, k) for pairs of pixels: (out, 2 c, k, pairs), 0 where the last pair has no
// second pixel.
Tensor PairedWeights(TensorView weight) {
  const auto [filters, channels, height, width] = weight.shape;
  const std::size_t pairs = (width + 1) / 2;
  Tensor paired = MakeTensor({filters, 2 * channels, height, pairs});
  for (std::size_t row = 0; row < filters * channels * height; ++row) {
    const std::size_t filter = row / (channels * height);
    const std::size_t channel = row / height % channels;
    const std::size_t y = row % height;
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t paired_channel = filter * 2 * channels + x % 2 * channels + channel;
      paired.data[(paired_channel * height + y) * pairs + x / 2] = weight.data[row * width + x];
    }
  }
  return paired;
}

// Weights and bias as numbers for oneDNN, which computes (sum w x + bias) * output scale.
struct Learned {
  DataType weight_type = DataType::f32;
  const void* weight = nullptr;
  std::vector<float> bias;
  std::vector<float> output_scales;  // one a filter; empty: 1

  QuantizedWeights quantized;  // what `weight` points into, for a u8 source
};

// With s_x, s_w, s_y the scales of source, weights and destination, z the source's zero:
//   y / s_y = (sum w x + b / (s_x s_w) - sum w z) * s_x s_w / s_y     over stored w and x
Learned Learn(const ConvolutionMaps& maps, TensorView weight, std::span<const float> bias) {
  Learned learned;
  learned.weight = weight.data.data();
  learned.bias.assign(bias.begin(), bias.end());
  if (maps.source_encoding.element != ElementType::kU8) return learned;
  learned.quantized = Quantize(weight, ProcessorsByteSums());
  learned.weight_type = DataType::s8;
  learned.weight = learned.quantized.values.data();
  const std::size_t values = weight.shape.Count() / weight.shape.n;
  const std::size_t taps = weight.shape.h * weight.shape.w;
  for (std::size_t filter = 0; filter < bias.size(); ++filter) {
    const float unit = maps.source_encoding.scale * learned.quantized.scales[filter];
    learned.output_scales.push_back(unit / maps.destination_encoding.scale);
    double offset = 0;
    for (std::size_t i = 0; !maps.source_zero.empty() && i < values; ++i) {
      offset += double{maps.source_zero[i / taps]} * learned.quantized.values[filter * values + i];
    }
    learned.bias[filter] = static_cast<float>(double{bias[filter]} / double{unit} - offset);
  }
  return learned;
}

// The largest magnitude of a value, or of the sum of two that a pixel's bytes meet in pairs: those
// of channels 2i and 2i + 1. filter: (channels, taps).
float LargestPair(std::span<const float> filter, std::size_t taps) {
  float largest = 0;
  for (std::size_t even = 0; even < filter.size(); even += 2 * taps) {
    for (std::size_t i = even; i < even + taps; ++i) {
      const float first = filter[i];
      const float second = i + taps < filter.size() ? filter[i + taps] : 0;
      largest = std::max({largest, std::abs(first), std::abs(second), std::abs(first + second)});
    }
  }
  return largest;
}

}  // namespace

SingleThread::SingleThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
SingleThread::~SingleThread() { omp_set_num_threads(before_); }

BoundKernel::BoundKernel(std::unique_ptr<State> state) : state_(std::move(state)) {}
BoundKernel::BoundKernel(BoundKernel&&) noexcept = default;
BoundKernel& BoundKernel::operator=(BoundKernel&&) noexcept = default;
BoundKernel::~BoundKernel() = default;

void BoundKernel::Run() const {
  if (state_->plain) return state_->plain();
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

QuantizedWeights Quantize(TensorView weight, ByteSums sums) {
  constexpr float kMost = 127;  // rounding adds one to a pair at the most
  const std::size_t taps = weight.shape.h * weight.shape.w;
  const std::size_t values = weight.shape.c * taps;
  QuantizedWeights quantized;
  for (std::size_t filter = 0; filter < weight.shape.n; ++filter) {
    const std::span<const float> of_filter = weight.data.subspan(filter * values, values);
    const float largest =
        sums == ByteSums::k32Bits ? LargestMagnitude(of_filter) : LargestPair(of_filter, taps);
    const float scale = largest > 0 ? largest / kMost : 1;
    quantized.scales.push_back(scale);
    for (const float value : of_filter) {
      quantized.values.push_back(static_cast<std::int8_t>(std::lround(value / scale)));
    }
  }
  return quantized;
}

PreparedKernel PrepareConvolution(const ConvolutionMaps& maps,
                                  const Window& window,
                                  TensorView weight,
                                  std::span<const float> bias) {
  const Shape& source = maps.source;
  Expects(weight.shape.c == source.c && weight.shape.h == window.kernel &&
              weight.shape.w == window.kernel,
          "weights for the source's channels and the window");
  Expects(bias.size() == weight.shape.n, "one bias a filter");
  Expects(maps.source_zero.empty() || (maps.source_zero.size() == source.c && window.pad == 0),
          "a zero for each channel, and its padding in the map");
  const SingleThread single_thread;
  const Shape destination = SlidShape(source, weight.shape.n, window, Rounding::kDown);
  Geometry geometry = {.source = source,
                       .weight = weight.shape,
                       .stride_y = window.stride,
                       .stride_x = window.stride,
                       .pad = window.pad};
  Tensor paired;
  if (ReadsPixelsInPairs(maps, window)) {
    paired = PairedWeights(weight);
    weight = paired;
    geometry.source = {source.n, 2 * source.c, source.h, source.w / 2};
    geometry.weight = paired.shape;
    geometry.stride_x = 1;
  }
  const Learned learned = Learn(maps, weight, bias);
  const ElementType element = maps.source_encoding.element;
  const DataType packed_type = element == ElementType::kU8 ? learned.weight_type : TypeOf(element);
  const dnnl::memory::desc dense_bias(Dims{Dim(bias.size())}, DataType::f32, Tag::a);

  dnnl::primitive_attr attributes = Attributes();
  dnnl::post_ops relu;
  relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
  attributes.set_post_ops(relu);
  constexpr int kPerFilter = 1 << 1;  // a scale for each index of the destination's dimension 1
  if (!learned.output_scales.empty()) {
    attributes.set_output_scales(kPerFilter, learned.output_scales);
  }
  const dnnl::convolution_forward::desc operation(
      dnnl::prop_kind::forward_inference,
      dnnl::algorithm::convolution_direct,
      Nhwc(geometry.source, element),
      dnnl::memory::desc(DimsOf(geometry.weight), packed_type, Tag::any),
      dense_bias,
      Nhwc(destination, maps.destination_encoding.element),
      Dims{Dim(geometry.stride_y), Dim(geometry.stride_x)},
      Both(geometry.pad),
      Both(geometry.pad));
  const auto description =
      Describe<dnnl::convolution_forward>(operation, attributes, "convolution");

  PreparedKernel::State state;
  state.source_shape = source;
  state.destination_shape = destination;
  state.implementation = description.impl_info_str();
  state.source = description.src_desc();
  state.destination = description.dst_desc();
  state.scratch = description.scratchpad_desc();
  state.primitive = dnnl::convolution_forward(description);
  const dnnl::memory::desc dense_weight(DimsOf(geometry.weight), learned.weight_type, Tag::oihw);
  state.learned.emplace(DNNL_ARG_WEIGHTS,
                        Packed(dense_weight, learned.weight, description.weights_desc()));
  state.learned.emplace(DNNL_ARG_BIAS,
                        Packed(dense_bias, learned.bias.data(), description.bias_desc()));
  return PreparedKernel(std::make_unique<const PreparedKernel::State>(std::move(state)));
}

}  // namespace deeper::kernels
