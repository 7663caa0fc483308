#pragma once

#include <string>

#include "backbone/weights.h"

namespace deeper {

// Names in the ONNX file.
//   crops:         (n, 3, 224, 224) with any n, as Network::Features takes them
//   features:      (n, 1024), of pool5
//   probabilities: (n, classes), where the weights have a classifier
inline constexpr const char* kOnnxCrops = "data";
inline constexpr const char* kOnnxFeatures = "features";
inline constexpr const char* kOnnxProbabilities = "probabilities";

// Returns the content of an ONNX file (https://onnx.ai) for other engines: GoogLeNet with these
// weights, in f32. Its operators are of opset 13 and have Caffe's names of the layers. Its metadata
// has the "fingerprint" of the weights. Throws Error when the weights do not fit the table.
std::string OnnxOf(const Weights& weights);

}  // namespace deeper
