#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/onednn.h"
#include "backbone/kernels/onednn_training.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// The layers of GoogLeNet and of its auxiliary heads between the convolutions, with their
// gradients. `source` is the shape that they read. Each Prepare... throws Error when oneDNN has no
// fast implementation on this processor.

// Pools; the number of windows is rounded up. The average is over the pixels that are there.
TrainingKernel PrepareTrainingMaxPool(const Shape& source,
                                      const Window& window,
                                      ElementType element);
TrainingKernel PrepareTrainingAveragePool(const Shape& source,
                                          const Window& window,
                                          ElementType element);

TrainingKernel PrepareTrainingLrn(const Shape& source,
                                  const LrnParameters& parameters,
                                  ElementType element);

// Writes the sum of `sources`, value by value, rounded once. All maps have `shape`.
BoundKernel BindSum(const Shape& shape,
                    ElementType element,
                    const std::vector<std::span<std::byte>>& sources,
                    std::span<std::byte> destination);

// Writes the derivatives of some channels of a map before the ReLU that wrote them:
//   diff = diff_map where output > 0, else 0
//   diff_map: of slice.total_channels
//   output:   what the ReLU wrote; dense, of slice.channels
//   diff:     dense, of slice.channels; may be diff_map itself where the slice is all of it
void ReluBackwardFromChannels(std::span<const std::byte> diff_map,
                              const ChannelSlice& slice,
                              std::span<const std::byte> output,
                              ElementType element,
                              std::span<std::byte> diff);

}  // namespace deeper::kernels
