#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "backbone/execution/steps.h"
#include "backbone/kernels/layout.h"
#include "backbone/precision.h"

namespace deeper {

// What int8 needs to know beside the weights: it is measured on crops, and belongs to these weights
// and to crops of the same kind.
struct Quantization {
  // What crops have had subtracted, blue, green, red: crops are read as whole pixel values.
  std::array<float, 3> mean_bgr = {104, 117, 123};
  // The step of each activation that is stored in 8 bits, by its name in GoogLeNetLayers(), > 0.
  std::map<std::string, float> scales;

  bool operator==(const Quantization&) const = default;
};

// The activations that `scales` must name. Others follow from them: pools keep their input's step.
std::vector<std::string> QuantizedActivations();

// Throws Error naming `source` and the first scale that is missing, unknown or not above 0, or a
// mean outside 0 to 255.
void ValidateQuantization(const Quantization& quantization, const std::string& source);

// How every activation of `steps` is stored, the network's input "data" included, and the channels
// that a layer writes of one, under the layer's name. `quantization` is read for int8 alone, and
// valid; what LRN reads is kernels::WideElementOfInt8() then.
std::map<std::string, kernels::Encoding> EncodingsOf(const std::vector<Step>& steps,
                                                     Precision precision,
                                                     const Quantization* quantization);

}  // namespace deeper
