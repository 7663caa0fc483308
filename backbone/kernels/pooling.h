#pragma once

#include <cstddef>
#include <span>

#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// The layers of GoogLeNet between the convolutions, vectorised for what the processor has. Maps are
// dense NHWC of one picture; `source` is the shape that is read, and windows are 3x3 and rounded
// up. Values are not negative, as behind a ReLU. `scratch` is memory that a run overwrites, of the
// size that ...ScratchBytes() tells. None allocates; all are safe from several threads with
// destinations and scratch of their own.

// Largest value of each window; padding never wins.
void MaxPool(const Shape& source_shape,
             const Window& window,
             ElementType element,
             std::span<const std::byte> source,
             std::span<std::byte> destination,
             std::span<std::byte> scratch);
std::size_t MaxPoolScratchBytes(const Shape& source_shape, ElementType element);

// A max pool and then LRN with kLrnParameters (pool1 and norm1), or LRN and then a max pool (norm2
// and pool2): one pass over the map, which holds bf16 or f32. The destination is f32, bf16 or u8.
void MaxPoolThenLrn(const Shape& source_shape,
                    const Window& window,
                    ElementType source_element,
                    std::span<const std::byte> source,
                    Encoding destination_encoding,
                    std::span<std::byte> destination,
                    std::span<std::byte> scratch);
std::size_t MaxPoolThenLrnScratchBytes(const Shape& source_shape, ElementType source_element);
void LrnThenMaxPool(const Shape& source_shape,
                    const Window& window,
                    ElementType source_element,
                    std::span<const std::byte> source,
                    Encoding destination_encoding,
                    std::span<std::byte> destination,
                    std::span<std::byte> scratch);
std::size_t LrnThenMaxPoolScratchBytes(const Shape& source_shape, Encoding destination_encoding);

// The mean of each channel over all pixels of one picture's map, in f32. means: one value a
// channel.
void AverageOverPixels(std::span<const std::byte> source,
                       std::size_t pixels,
                       Encoding encoding,
                       std::span<float> means);

}  // namespace deeper::kernels
