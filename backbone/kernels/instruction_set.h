#pragma once

#include "backbone/kernels/layout.h"

namespace deeper::kernels {

// What the vector units of a processor can do. Each includes those before it.
enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

// The best that this processor has and that oneDNN is not told to leave alone (ONEDNN_MAX_CPU_ISA).
InstructionSet BestInstructionSet();

// Whether the processor multiplies bf16 natively (AVX512_BF16), or bytes faster than f32 (AVX2),
// and oneDNN is not told otherwise (ONEDNN_MAX_CPU_ISA).
bool RunsBf16();
bool RunsInt8();

// What a processor that runs bf16 has for it beside AVX512_BF16.
struct Bf16Units {
  bool tiles = false;  // AMX_BF16
  bool intel = false;
};
// Whether bf16 is faster than f32 there. Intel's processors without tiles run AVX512_BF16 slower
// than f32 (measured on a Xeon: 23 crops/s against 39); AMD's run it at twice the rate of f32.
constexpr bool IsFast(const Bf16Units& units) { return units.tiles || !units.intel; }
// Whether this processor runs bf16, and faster than f32. The same each time.
bool RunsBf16Fast();

// How wide the sums are in which the processor adds products of bytes: 32 bits with AVX512_VNNI;
// 16 bits without it, two products at a time, and these saturate.
enum class ByteSums { k16Bits, k32Bits };
ByteSums ProcessorsByteSums();

// The type of the maps that a u8 convolution writes where they are not bytes.
ElementType WideElementOfInt8();

// Calls `body` in a function compiled for AVX2 or AVX-512. The compiler carries its settings into
// what it inlines, so `body` and all that it calls must be always_inline, in plain loops that it
// can vectorise.
template <class Body>
[[gnu::target("avx2,fma")]] void RunOnAvx2(const Body& body) {
  body();
}
template <class Body>
#ifdef __clang__
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,fma")]]
#else
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,fma,prefer-vector-width=512")]]
#endif
void RunOnAvx512(const Body& body) {
  body();
}

// Runs `body` as it is compiled for the best instruction set: one binary for every x86-64, one loop
// for all of them.
template <class Body>
void RunVectorised(const Body& body) {
  switch (BestInstructionSet()) {
    case InstructionSet::kAvx512:
      return RunOnAvx512(body);
    case InstructionSet::kAvx2:
      return RunOnAvx2(body);
    case InstructionSet::kBaseline:
      return body();
  }
}

}  // namespace deeper::kernels
