#pragma once

#include <map>
#include <string>

#include "backbone/tensor.h"

namespace deeper {

// The learned values of a network by name, as Caffe's BVLC GoogLeNet calls them, with the kind
// behind: "inception_3a/1x1/weight" (out, in, h, w) and "inception_3a/1x1/bias" (out, 1, 1, 1). The
// final classifier "loss3/classifier/weight" is (1000, 1024, 1, 1).
using Weights = std::map<std::string, Tensor>;

// Throws Error unless `weights` are exactly those that the GoogLeNet table asks for, all finite.
// The message names the first blob that is missing, extra, of a wrong shape or not finite, with
// what was expected and found. `source` is the file's name for the message. The classifier
// "loss3/classifier" may have any number of classes >= 1, and may be absent as a whole (features
// only).
void ValidateGoogLeNetWeights(const Weights& weights, const std::string& source);

// SHA-256 over names, shapes and f32 values in the order of the names: the same for the same
// numbers whatever the container (caffemodel, safetensors) that they came from. 64 hexadecimal
// digits.
std::string FingerprintOf(const Weights& weights);

}  // namespace deeper
