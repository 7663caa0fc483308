#pragma once

#include <map>
#include <string>

#include "backbone/tensor.h"

namespace deeper {

// The learned values of a network by name. A name is that of the layer in Caffe's BVLC GoogLeNet
// and the kind of value:
//   inception_3a/1x1/weight  (out, in, h, w)
//   inception_3a/1x1/bias    (out, 1, 1, 1)
//   loss3/classifier/weight  (1000, 1024, 1, 1), the final classifier
using Weights = std::map<std::string, Tensor>;

// Throws Error unless `weights` are exactly those that the GoogLeNet table asks for, all finite.
// The classifier "loss3/classifier" may have any number of classes >= 1. It may also be absent as a
// whole; the network then gives features only. The message names the first blob that is missing,
// extra, of a wrong shape or not finite, with what was expected and found. source: the file's name
// for the message.
void ValidateGoogLeNetWeights(const Weights& weights, const std::string& source);

// SHA-256 over names, shapes and f32 values in the order of the names, as 64 hexadecimal digits.
// The same numbers give the same fingerprint, whatever kind of file (caffemodel, safetensors) they
// came from.
std::string FingerprintOf(const Weights& weights);

}  // namespace deeper
