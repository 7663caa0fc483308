#pragma once

#include <cstddef>
#include <vector>

#include "backbone/execution/quantization.h"
#include "backbone/weights.h"
#include "detector/regions/crop.h"
#include "proposals/selective_search.h"
#include "tools/input/pictures.h"
#include "tools/options/command_line.h"

namespace deeper::tools {

// How much is looked at to measure a network's activations.
struct MeasureOptions {
  double fraction = 0.999999;  // of an activation's values that 8 bits must hold; the rest is cut
  std::size_t crops = 16;      // proposals a picture
  std::size_t pictures = 100;  // at most, evenly from those given
  int workers = 1;
};

// Measures what int8 needs on a detector's own proposals, with progress. Pictures that cannot be
// read are reported on stderr; throws Error when none can. When StopAsked(), the result is of the
// pictures until then.
Quantization MeasureOnProposals(const Weights& backbone,
                                const CropOptions& crop,
                                const SelectiveSearchOptions& proposals,
                                const std::vector<Picture>& pictures,
                                const MeasureOptions& options);

// "deeper model quantize": measures on pictures what int8 needs, and writes it into a copy of the
// file.
int QuantizeModel(const Arguments& words);

}  // namespace deeper::tools
