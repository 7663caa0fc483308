#pragma once

#include <cstddef>

#include "backbone/kernels/layout.h"

namespace deeper::kernels {

// Multiplies and adds in registers alone, as many values at a time as the processor can.
// Convolutions of this element type are measured against it. f32 uses FMA, bf16 VDPBF16PS, u8
// VPDPBUSD or, without VNNI, VPMADDUBSW and the widening of its sums. Vectors are as wide as
// BestInstructionSet() has them.
// Returns the number of multiplications done, at least `multiplications`; 0 when the processor has
// no such instruction.
std::size_t MultiplyInRegisters(ElementType element, std::size_t multiplications);

}  // namespace deeper::kernels
