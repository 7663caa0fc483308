#include "backbone/files/quantization_json.h"

#include <algorithm>

namespace deeper {

Json JsonOf(const Quantization& quantization) {
  const auto& [mean_bgr, scales] = quantization;
  return {{"mean_bgr", mean_bgr}, {"scales", scales}};
}

Quantization QuantizationFrom(JsonObject object) {
  Quantization quantization;
  std::vector<float> mean;
  object.Read("mean_bgr", mean);
  if (mean.size() != quantization.mean_bgr.size()) {
    ThrowWrongType(object.PathOf("mean_bgr"), "a list of three numbers");
  }
  std::copy(mean.begin(), mean.end(), quantization.mean_bgr.begin());
  object.Read("scales", quantization.scales);
  object.Finish();
  ValidateQuantization(quantization, object.PathOf("scales"));
  return quantization;
}

}  // namespace deeper
