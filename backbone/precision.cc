#include "backbone/precision.h"

#include <array>

#include "backbone/kernels/instruction_set.h"
#include "core/error.h"

namespace deeper {
namespace {

struct NamedPrecision {
  Precision precision;
  const char* name;
};
constexpr std::array kPrecisions = {NamedPrecision{Precision::kF32, "f32"},
                                    NamedPrecision{Precision::kBf16, "bf16"},
                                    NamedPrecision{Precision::kInt8, "int8"}};

}  // namespace

std::string NameOf(Precision precision) {
  for (const NamedPrecision& known : kPrecisions) {
    if (known.precision == precision) return known.name;
  }
  throw ContractViolation("a known precision");
}

Precision PrecisionFromName(const std::string& name) {
  for (const NamedPrecision& known : kPrecisions) {
    if (name == known.name) return known.precision;
  }
  throw Error("precision: expected f32, bf16 or int8, found '" + name + "'");
}

bool ProcessorRuns(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return true;
    case Precision::kBf16:
      return kernels::RunsBf16();
    case Precision::kInt8:
      return kernels::RunsInt8();
  }
  return false;
}

Precision FastestPrecision(bool has_quantization) {
  if (has_quantization && ProcessorRuns(Precision::kInt8)) return Precision::kInt8;
  return kernels::RunsBf16Fast() ? Precision::kBf16 : Precision::kF32;
}

ChosenPrecision ChoosePrecision(std::optional<Precision> wanted, bool has_quantization) {
  const Precision fastest = FastestPrecision(has_quantization);
  if (wanted) return RunnableOr(*wanted, fastest);
  const Precision narrowest = has_quantization ? Precision::kInt8 : Precision::kBf16;
  return {.precision = fastest, .remark = RunnableOr(narrowest, fastest).remark};
}

ChosenPrecision RunnableOr(Precision wanted, Precision other) {
  if (ProcessorRuns(wanted)) return {.precision = wanted, .remark = {}};
  return {.precision = other,
          .remark =
              "this processor does not compute in " + NameOf(wanted) + ": using " + NameOf(other)};
}

}  // namespace deeper
