#pragma once

#include "detector/heads/heads.h"

namespace deeper {

// What learns offsets has them divided by these, their usual deviations, so that all of its losses
// count alike (Girshick 2015, section 2.3).
inline constexpr BoxOffsets kOffsetDeviations = {0.1, 0.1, 0.2, 0.2};

}  // namespace deeper
