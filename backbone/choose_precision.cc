#include "backbone/choose_precision.h"

namespace deeper {

ChosenPrecision ChoosePrecision(std::optional<Precision> wanted, bool has_quantization) {
  const Precision best = has_quantization ? Precision::kInt8 : Precision::kBf16;
  return RunnableOr(wanted.value_or(best), FastestPrecision(has_quantization));
}

ChosenPrecision RunnableOr(Precision wanted, Precision other) {
  if (ProcessorRuns(wanted)) return {.precision = wanted, .remark = {}};
  return {.precision = other,
          .remark =
              "this processor does not compute in " + NameOf(wanted) + ": using " + NameOf(other)};
}

}  // namespace deeper
