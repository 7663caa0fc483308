#include "backbone/kernels/peak.h"

#include "backbone/kernels/instruction_set.h"

namespace deeper::kernels {
namespace {

// A loop of one multiplication over accumulators that do not depend on each other, enough of them
// to hide its latency: 12, and 24 where there are 32 registers. Written in assembly, so that the
// loop is this on every compiler.
// clang-format off
#define DEEPER_ZERO(v, n) "vpxor %%xmm" #n ", %%xmm" #n ", %%xmm" #n "\n\t"
#define DEEPER_12(step, v) step(v, 0) step(v, 1) step(v, 2) step(v, 3) step(v, 4) step(v, 5) \
                           step(v, 6) step(v, 7) step(v, 8) step(v, 9) step(v, 10) step(v, 11)
#define DEEPER_OTHER_12(step, v) step(v, 16) step(v, 17) step(v, 18) step(v, 19) step(v, 20) \
                           step(v, 21) step(v, 22) step(v, 23) step(v, 24) step(v, 25) step(v, 26) \
                           step(v, 27)
#define DEEPER_FMA(v, n)   "vfmadd231ps %%" #v "14, %%" #v "15, %%" #v #n "\n\t"
#define DEEPER_BF16(v, n)  "vdpbf16ps %%" #v "14, %%" #v "15, %%" #v #n "\n\t"
#define DEEPER_INT8(v, n)  "vpdpbusd %%" #v "14, %%" #v "15, %%" #v #n "\n\t"
#define DEEPER_PAIRS(v, n) "vpmaddubsw %%" #v "14, %%" #v "15, %%" #v "13\n\t" \
                           "vpmaddwd %%" #v "13, %%" #v "12, %%" #v "13\n\t" \
                           "vpaddd %%" #v "13, %%" #v #n ", %%" #v #n "\n\t"
#define DEEPER_LOOP(step, v)                                                          \
  asm volatile(DEEPER_12(DEEPER_ZERO, v) DEEPER_ZERO(v, 12) DEEPER_ZERO(v, 14) DEEPER_ZERO(v, 15) \
               "1:\n\t" DEEPER_12(step, v) DEEPER_12(step, v) "dec %0\n\t" "jnz 1b\n\t" \
               "vzeroupper\n\t"                                                       \
               : "+r"(rounds) : :                                                     \
               "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",  \
               "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")
// The same over the registers that only AVX-512 has as well. No compiler holds values in those where
// it may not use them, so they need not be named below.
#define DEEPER_WIDE_ZERO(v, n) "vpxord %%zmm" #n ", %%zmm" #n ", %%zmm" #n "\n\t"
#define DEEPER_WIDE_LOOP(step)                                                        \
  asm volatile(DEEPER_12(DEEPER_ZERO, zmm) DEEPER_ZERO(zmm, 12) DEEPER_ZERO(zmm, 14)  \
               DEEPER_ZERO(zmm, 15) DEEPER_OTHER_12(DEEPER_WIDE_ZERO, zmm)            \
               "1:\n\t" DEEPER_12(step, zmm) DEEPER_OTHER_12(step, zmm)               \
               "dec %0\n\t" "jnz 1b\n\t" "vzeroupper\n\t"                           \
               : "+r"(rounds) : :                                                     \
               "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",  \
               "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")
// clang-format on

constexpr std::size_t kPerRound = 24;  // multiplications of whole vectors

}  // namespace

std::size_t MultiplyInRegisters(ElementType element, std::size_t multiplications) {
  const InstructionSet best = BestInstructionSet();
  const bool is_wide = best == InstructionSet::kAvx512;
  std::size_t lanes = is_wide ? 16 : 8;  // of f32
  if (element == ElementType::kBf16) lanes *= 2;
  if (element == ElementType::kU8) lanes *= 4;
  std::size_t rounds = multiplications / (kPerRound * lanes) + 1;
  const std::size_t done = rounds * kPerRound * lanes;
  if (element == ElementType::kF32 && is_wide) {
    DEEPER_WIDE_LOOP(DEEPER_FMA);
  } else if (element == ElementType::kF32 && best == InstructionSet::kAvx2) {
    DEEPER_LOOP(DEEPER_FMA, ymm);
  } else if (element == ElementType::kBf16 && RunsBf16()) {
    DEEPER_WIDE_LOOP(DEEPER_BF16);
  } else if (element == ElementType::kU8 && ProcessorsByteSums() == ByteSums::k32Bits) {
    DEEPER_WIDE_LOOP(DEEPER_INT8);
  } else if (element == ElementType::kU8 && is_wide) {
    DEEPER_WIDE_LOOP(DEEPER_PAIRS);
  } else if (element == ElementType::kU8 && best == InstructionSet::kAvx2) {
    DEEPER_LOOP(DEEPER_PAIRS, ymm);
  } else {
    return 0;
  }
  return done;
}

#undef DEEPER_ZERO
#undef DEEPER_12
#undef DEEPER_OTHER_12
#undef DEEPER_WIDE_ZERO
#undef DEEPER_WIDE_LOOP
#undef DEEPER_FMA
#undef DEEPER_BF16
#undef DEEPER_INT8
#undef DEEPER_PAIRS
#undef DEEPER_LOOP

}  // namespace deeper::kernels
