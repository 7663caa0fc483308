#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// Whether the processor multiplies bf16 natively (AVX512_BF16), and oneDNN is not told otherwise
// (ONEDNN_MAX_CPU_ISA).
bool RunsBf16();

// A oneDNN kernel tied to its buffers: runs over and over without allocating. For one thread at a
// time.
class BoundKernel {
 public:
  struct State;
  explicit BoundKernel(std::unique_ptr<State> state);
  BoundKernel(BoundKernel&&) noexcept;
  BoundKernel& operator=(BoundKernel&&) noexcept;
  ~BoundKernel();

  // Reads the source, replaces the destination. On the calling thread alone.
  void Run() const;

 private:
  std::unique_ptr<State> state_;
};

// A oneDNN kernel for one shape, with its learned values packed as this processor likes them. Its
// activations are dense NHWC of one element type. Const, and safe to use from several threads.
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

  // Ties the kernel to buffers, which it borrows and which must outlive the result, as must the
  // kernel. Expects buffers of at least the sizes above, and source and destination apart.
  BoundKernel Bind(std::span<const std::byte> source,
                   std::span<std::byte> destination,
                   std::span<std::byte> scratch) const;

 private:
  std::unique_ptr<const State> state_;
};

// The kernels of GoogLeNet. `source` is the shape that they read. Each throws Error when oneDNN has
// no fast implementation on this processor; none is ever oneDNN's reference loop.

// Convolution with bias, then ReLU. weight: (out, in, kernel, kernel); bias: out values.
PreparedKernel PrepareConvolution(const Shape& source,
                                  const Window& window,
                                  TensorView weight,
                                  std::span<const float> bias,
                                  ElementType element);

// Largest value of each window; padding never wins. The number of windows is rounded up.
PreparedKernel PrepareMaxPool(const Shape& source, const Window& window, ElementType element);

// Local response normalisation across channels.
PreparedKernel PrepareLrn(const Shape& source,
                          const LrnParameters& parameters,
                          ElementType element);

}  // namespace deeper::kernels
