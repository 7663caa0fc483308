#pragma once

#include <cstddef>
#include <span>

#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// The layers of GoogLeNet between the convolutions, vectorised for the instruction set of the
// processor. Maps are dense NHWC of one picture. They hold no negative values, as behind a ReLU.

// Whether LRN (kLrnParameters) is part of the pass: behind the pool (pool1 and norm1) or before it
// (norm2 and pool2).
enum class LrnPlace { kNone, kBehindPool, kBeforePool };

// A max pool of 3x3 windows, rounded up, alone or in one pass with LRN.
struct PoolPass {
  Shape source;
  Window window;
  LrnPlace lrn = LrnPlace::kNone;
  // Without LRN: any, the same on both sides. With LRN: from f32 to f32, or from bf16 to bf16 or
  // u8, and maps of at most 192 channels.
  Encoding source_encoding;
  Encoding destination_encoding;
};

// Writes the largest value of each window; padding never wins. `scratch` has PoolScratchBytes() and
// is overwritten. Does not allocate. Safe from several threads, each with a destination and scratch
// of its own.
void MaxPool(const PoolPass& pass,
             std::span<const std::byte> source,
             std::span<std::byte> destination,
             std::span<std::byte> scratch);
std::size_t PoolScratchBytes(const PoolPass& pass);

// Writes the mean of each channel over all pixels of one picture's map, in f32. means: one value
// per channel.
void AverageOverPixels(std::span<const std::byte> source,
                       std::size_t pixels,
                       Encoding encoding,
                       std::span<float> means);

// Writes the mean of each channel over each row of one picture's square map, from the top, then
// over each column, from the left, in f32.
//   means: 2 x side x channels
void AverageOverRowsAndColumns(std::span<const std::byte> source,
                               std::size_t side,
                               Encoding encoding,
                               std::span<float> means);

// Its gradient: adds to the map's derivatives those of its means.
//   diff_means: 2 x side x channels
//   diff_map:   side x side x channels, of `element`: f32 or bf16
void AverageOverRowsAndColumnsBackward(std::span<const float> diff_means,
                                       std::size_t side,
                                       ElementType element,
                                       std::span<std::byte> diff_map);

}  // namespace deeper::kernels
