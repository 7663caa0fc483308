#include "backbone/kernels/instruction_set.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace deeper::kernels {
namespace {

bool Runs(dnnl::cpu_isa isa) {
  const auto needed = static_cast<unsigned>(isa);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

}  // namespace

InstructionSet BestInstructionSet() {
  static const InstructionSet best = Runs(dnnl::cpu_isa::avx512_core) ? InstructionSet::kAvx512
                                     : Runs(dnnl::cpu_isa::avx2)      ? InstructionSet::kAvx2
                                                                      : InstructionSet::kBaseline;
  return best;
}

bool RunsBf16() { return Runs(dnnl::cpu_isa::avx512_core_bf16); }
bool RunsInt8() { return Runs(dnnl::cpu_isa::avx2); }

ByteSums ProcessorsByteSums() {
  return Runs(dnnl::cpu_isa::avx512_core_vnni) ? ByteSums::k32Bits : ByteSums::k16Bits;
}

ElementType WideElementOfInt8() {
  return ProcessorsByteSums() == ByteSums::k32Bits ? ElementType::kBf16 : ElementType::kF32;
}

}  // namespace deeper::kernels
