#pragma once

#include "backbone/kernels/layout.h"

namespace deeper::kernels {

// What a processor's vector units can do. Each holds those before it.
enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

// The best of this processor that oneDNN is not told to leave alone (ONEDNN_MAX_CPU_ISA).
InstructionSet BestInstructionSet();

// Whether the processor multiplies bf16 natively (AVX512_BF16), or bytes faster than f32 (AVX2),
// and oneDNN is not told otherwise (ONEDNN_MAX_CPU_ISA).
bool RunsBf16();
bool RunsInt8();

// What the processor adds products of bytes in. With AVX512_VNNI in 32 bits; without it two at a
// time in 16, which saturate.
enum class ByteSums { k16Bits, k32Bits };
ByteSums ProcessorsByteSums();

// The type of maps between layers that a u8 convolution writes and that are no bytes themselves.
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
