#pragma once

#include <cstddef>
#include <span>

#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// The gradient of local response normalisation in plain loops over NHWC, for processors on which
// oneDNN has only its reference. LrnBackwardReference has the formula. All maps have `shape`.
// Replaces diff_source. Expects f32 or bf16.
void LrnBackward(const Shape& shape,
                 const LrnParameters& parameters,
                 ElementType element,
                 std::span<const std::byte> source,
                 std::span<const std::byte> diff_destination,
                 std::span<std::byte> diff_source);

}  // namespace deeper::kernels
