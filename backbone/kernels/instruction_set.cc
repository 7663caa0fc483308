#include "backbone/kernels/instruction_set.h"

#include <cpuid.h>

#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>

namespace deeper::kernels {
namespace {

bool Runs(dnnl::cpu_isa isa) {
  const auto needed = static_cast<unsigned>(isa);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

bool IsIntel() {
  unsigned most = 0;
  unsigned name[3] = {};  // in the order in which the letters stand
  if (__get_cpuid(0, &most, &name[0], &name[2], &name[1]) == 0) return false;
  return std::memcmp(name, "GenuineIntel", sizeof(name)) == 0;
}

}  // namespace

InstructionSet BestInstructionSet() {
  static const InstructionSet best = Runs(dnnl::cpu_isa::avx512_core) ? InstructionSet::kAvx512
                                     : Runs(dnnl::cpu_isa::avx2)      ? InstructionSet::kAvx2
                                                                      : InstructionSet::kBaseline;
  return best;
}

bool RunsBf16() { return Runs(dnnl::cpu_isa::avx512_core_bf16); }
bool RunsBf16Fast() {
  static const bool is_fast =
      RunsBf16() && IsFast({.tiles = Runs(dnnl::cpu_isa::avx512_core_amx), .intel = IsIntel()});
  return is_fast;
}
bool RunsInt8() { return Runs(dnnl::cpu_isa::avx2); }

ByteSums ProcessorsByteSums() {
  return Runs(dnnl::cpu_isa::avx512_core_vnni) ? ByteSums::k32Bits : ByteSums::k16Bits;
}

ElementType WideElementOfInt8() {
  return ProcessorsByteSums() == ByteSums::k32Bits ? ElementType::kBf16 : ElementType::kF32;
}

}  // namespace deeper::kernels
