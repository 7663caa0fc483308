#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/kernels/instruction_set.h"
#include "backbone/kernels/layout.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// While it lives, oneDNN runs on the calling thread alone: OpenMP takes the number of threads from
// the thread that calls.
class SingleThread {
 public:
  SingleThread();
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;
  ~SingleThread();

 private:
  int before_;
};

// A oneDNN kernel tied to its buffers. It runs over and over without allocating. For one thread at
// a time.
class BoundKernel {
 public:
  struct State;
  explicit BoundKernel(std::unique_ptr<State> state);
  BoundKernel(BoundKernel&&) noexcept;
  BoundKernel& operator=(BoundKernel&&) noexcept;
  ~BoundKernel();

  // Reads the source, replaces the destination. Expects a SingleThread to live.
  void Run() const;

 private:
  std::unique_ptr<State> state_;
};

// A convolution of oneDNN for one shape, with its weights packed as this processor likes them. Its
// activations are dense NHWC. Const, and safe to use from several threads.
class PreparedKernel {
 public:
  struct State;
  explicit PreparedKernel(std::unique_ptr<const State> state);
  PreparedKernel(PreparedKernel&&) noexcept;
  PreparedKernel& operator=(PreparedKernel&&) noexcept;
  ~PreparedKernel();

  Shape Source() const;
  Shape Destination() const;
  // Bytes of the scratch memory that a run needs; its content does not matter.
  std::size_t ScratchBytes() const;
  // oneDNN's name of what it chose: "brgconv:avx512_core".
  std::string Implementation() const;

  // Ties the kernel to buffers. The kernel and the buffers, which are borrowed, must outlive the
  // result. Expects buffers of at least the sizes above, and source and destination apart.
  BoundKernel Bind(std::span<const std::byte> source,
                   std::span<std::byte> destination,
                   std::span<std::byte> scratch) const;

 private:
  std::unique_ptr<const State> state_;
};

// What a convolution reads and writes. source_zero: for u8, the stored value that stands for 0 in
// each input channel; empty when 0 does. A map with such zeros has its padding written into it.
struct ConvolutionMaps {
  Shape source;
  Encoding source_encoding;
  std::span<const float> source_zero;
  Encoding destination_encoding;
};

// Convolution with bias, then ReLU.
//   weight: (out, in, kernel, kernel)
//   bias:   out values
// f32 and bf16 maps are of one type on both sides. A u8 source is multiplied by s8 weights, as
// Quantize rounds them for this processor, into u8 or WideElementOfInt8(); its sums are exact.
// Throws Error when oneDNN has no fast implementation on this processor; its own reference loop is
// never used.
PreparedKernel PrepareConvolution(const ConvolutionMaps& maps,
                                  const Window& window,
                                  TensorView weight,
                                  std::span<const float> bias);

// Weights as a u8 source is multiplied by them:
//   weight = value * scale
// values: as many as the tensor has, -127 to 127. scales: one per filter, > 0. For sums of 32 bits
// the largest magnitude of a filter's values is 127. For sums of 16 bits it is less where two
// neighbouring channels, 2i and 2i + 1, would make more than 128 together: their products with
// bytes are added first, and 255 * 128 < 2^15.
struct QuantizedWeights {
  std::vector<std::int8_t> values;
  std::vector<float> scales;
};
QuantizedWeights Quantize(TensorView weight, ByteSums sums);

}  // namespace deeper::kernels
