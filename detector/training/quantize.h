#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "backbone/execution/quantization.h"
#include "backbone/weights.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/model/model.h"
#include "detector/regions/crop.h"
#include "detector/regions/picture_frame.h"
#include "proposals/selective_search.h"

namespace deeper {

// How much is read to measure a network's activations.
struct MeasureOptions {
  double fraction =
      0.999999;  // of an activation's values that 8 bits must hold; the rest is clipped
  ReadImageOptions reading = {};  // of pictures
  std::size_t crops = 16;         // proposals per picture
  std::size_t pictures = 100;     // at most, evenly from those given
  int workers = 1;
};

// Measures what int8 needs on a detector's own proposals. Pictures that cannot be read are reported
// and skipped. Throws Error when none can be read, and when a layer of the network gives what is
// not finite, naming it. When asked to stop, the result is empty.
Quantization MeasureOnProposals(const Weights& backbone,
                                const CropOptions& crop,
                                const SelectiveSearchOptions& proposals,
                                const std::vector<std::filesystem::path>& pictures,
                                const MeasureOptions& options,
                                const Monitor& monitor);

// Measures what int8 needs on a detector's own proposals, as it looks at them: on crops as
// MeasureOnProposals, or on whole pictures and windows of them.
Quantization MeasureFor(const Model& model,
                        const Weights& backbone,
                        const std::vector<std::filesystem::path>& pictures,
                        const MeasureOptions& options,
                        const Monitor& monitor);

// MeasureOnProposals for a bare network, on whole pictures.
Quantization MeasureOnPictures(const Weights& backbone,
                               const std::vector<std::filesystem::path>& pictures,
                               const MeasureOptions& options,
                               const Monitor& monitor);

}  // namespace deeper
