#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "backbone/execution/steps.h"
#include "backbone/kernels/layout.h"
#include "backbone/precision.h"

namespace deeper {

// What int8 needs to know beside the weights. It is measured on crops, and belongs to these weights
// and to crops of the same kind.
struct Quantization {
  // The mean that crops have had subtracted: blue, green, red. int8 reads whole pixel values.
  std::array<float, 3> mean_bgr = {104, 117, 123};
  // The step, > 0, of each activation that is stored in 8 bits, by its name in GoogLeNetLayers().
  std::map<std::string, float> scales;

  bool operator==(const Quantization&) const = default;
};

// The activations that `scales` must name. The others follow from them: pools keep the step of
// their input.
std::vector<std::string> QuantizedActivations();

// Throws Error naming `source` and the first fault: a scale that is missing, unknown or not above
// 0, or a mean outside 0 to 255.
void ValidateQuantization(const Quantization& quantization, const std::string& source);

// How every activation of `steps` is stored, the network's input "data" included. Channels that a
// layer writes of a larger activation stand there too, under the layer's name. quantization: read
// for int8 alone; must be valid. In int8, what LRN reads is of kernels::WideElementOfInt8().
std::map<std::string, kernels::Encoding> EncodingsOf(const std::vector<Step>& steps,
                                                     Precision precision,
                                                     const Quantization* quantization);

}  // namespace deeper
