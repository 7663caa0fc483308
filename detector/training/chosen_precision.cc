#include "detector/training/chosen_precision.h"

#include "detector/multibox/multibox_network.h"

namespace deeper {

namespace {

Precision Said(const ChosenPrecision& chosen, const Monitor& monitor) {
  if (!chosen.remark.empty()) monitor.say(chosen.remark);
  return chosen.precision;
}

}  // namespace

Precision PrecisionFor(std::optional<Precision> wanted,
                       bool has_quantization,
                       const Monitor& monitor) {
  return Said(ChoosePrecision(wanted, has_quantization), monitor);
}

Precision MultiBoxPrecisionFor(std::optional<Precision> wanted, const Monitor& monitor) {
  return Said(ChooseMultiBoxPrecision(wanted), monitor);
}

}  // namespace deeper
