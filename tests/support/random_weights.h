#pragma once

#include <cstdint>

#include "backbone/weights.h"

namespace deeper::test {

// Weights for the whole of GoogLeNet, scaled so that activations keep their size from layer to
// layer (He et al. 2015); with a classifier of `classes`, or without one for 0.
Weights RandomGoogLeNetWeights(std::uint64_t seed, std::size_t classes = 0);

}  // namespace deeper::test
