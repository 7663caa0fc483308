#pragma once

#include <optional>

#include "backbone/precision.h"
#include "core/work/monitor.h"

namespace deeper {

// ChoosePrecision and ChooseMultiBoxPrecision for a training: what differs from what was wanted is
// said.
Precision PrecisionFor(std::optional<Precision> wanted,
                       bool has_quantization,
                       const Monitor& monitor);
Precision MultiBoxPrecisionFor(std::optional<Precision> wanted, const Monitor& monitor);

}  // namespace deeper
