#pragma once

#include <string>

#include "backbone/weights.h"

namespace deeper {

// Names in the ONNX file: crops (n, 3, 224, 224) with any n, as Network::Features takes them;
// features (n, 1024) of pool5; probabilities (n, classes), where the weights have a classifier.
inline constexpr const char* kOnnxCrops = "data";
inline constexpr const char* kOnnxFeatures = "features";
inline constexpr const char* kOnnxProbabilities = "probabilities";

// GoogLeNet with these weights as the content of an ONNX file (https://onnx.ai), in f32, for other
// engines: operators of opset 13 under Caffe's names of the layers. Its metadata has the weights'
// "fingerprint". Throws Error when the weights do not fit the table.
std::string OnnxOf(const Weights& weights);

}  // namespace deeper
