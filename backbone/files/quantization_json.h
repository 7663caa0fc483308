#pragma once

#include "backbone/execution/quantization.h"
#include "core/text/json_object.h"

// Not a public header: it carries nlohmann::json.

namespace deeper {

// {"mean_bgr": [104, 117, 123], "scales": {"conv2/3x3_reduce": 0.0123, ...}}
Json JsonOf(const Quantization& quantization);

// Reads such an object. Throws Error naming the place when it is of another form, or does not fit
// GoogLeNet.
Quantization QuantizationFrom(JsonObject object);

}  // namespace deeper
