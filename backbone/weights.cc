#include "backbone/weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <span>

#include "backbone/googlenet.h"
#include "core/error.h"
#include "core/files/sha256.h"

namespace deeper {
namespace {

constexpr std::size_t kClassifierInputs = kInception.back().Out();

std::string TextOf(const Shape& shape) {
  std::string text = "(";
  text += std::to_string(shape.n) + ", " + std::to_string(shape.c) + ", ";
  text += std::to_string(shape.h) + ", " + std::to_string(shape.w) + ")";
  return text;
}

void CheckShape(const Tensor& blob,
                const Shape& expected,
                const std::string& name,
                const std::string& source) {
  Expects(blob.data.size() == blob.shape.Count(), "a tensor has the values of its shape");
  if (blob.shape == expected) return;
  throw Error(source + ": '" + name + "' has shape " + TextOf(blob.shape) + ", expected " +
              TextOf(expected) + "; these are not the weights of GoogLeNet");
}

void CheckBlob(const Weights& weights,
               const Shape& expected,
               const std::string& name,
               const std::string& source) {
  const auto found = weights.find(name);
  if (found == weights.end()) {
    throw Error(source + ": '" + name + "' is missing, expected with shape " + TextOf(expected) +
                "; the file is incomplete or not of GoogLeNet");
  }
  CheckShape(found->second, expected, name, source);
}

// Both blobs of the classifier with one number of classes, or neither.
void CheckClassifier(const Weights& weights, const std::string& source) {
  const std::string weight_name = WeightName(kClassifierName);
  const std::string bias_name = BiasName(kClassifierName);
  const auto weight = weights.find(weight_name);
  if (weight == weights.end() && !weights.contains(bias_name)) return;
  const std::size_t classes =
      std::max<std::size_t>(1, weight == weights.end() ? 0 : weight->second.shape.n);
  CheckBlob(weights, {.n = classes, .c = kClassifierInputs, .h = 1, .w = 1}, weight_name, source);
  CheckBlob(weights, {.n = classes, .c = 1, .h = 1, .w = 1}, bias_name, source);
}

void CheckFinite(const Tensor& blob, const std::string& name, const std::string& source) {
  const auto bad = std::ranges::find_if(blob.data, [](float v) { return !std::isfinite(v); });
  if (bad == blob.data.end()) return;
  throw Error(source + ": value " + std::to_string(bad - blob.data.begin()) + " of '" + name +
              "' is " + std::to_string(*bad) + ", expected a finite number; the file is damaged");
}

void Update(Sha256& hash, std::span<const std::uint64_t> values) {
  hash.Update(std::span(reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()));
}

}  // namespace

void ValidateGoogLeNetWeights(const Weights& weights, const std::string& source) {
  std::set<std::string> known = {WeightName(kClassifierName), BiasName(kClassifierName)};
  for (const Layer& convolution : GoogLeNetConvolutions()) {
    const std::string weight = WeightName(convolution.name);
    const std::string bias = BiasName(convolution.name);
    CheckBlob(weights, WeightShape(convolution), weight, source);
    CheckBlob(weights, BiasShape(convolution), bias, source);
    known.insert({weight, bias});
  }
  CheckClassifier(weights, source);
  for (const auto& [name, blob] : weights) {
    if (!known.contains(name)) {
      throw Error(source + ": '" + name + "' of shape " + TextOf(blob.shape) +
                  " is no part of GoogLeNet; these are the weights of another network");
    }
    CheckFinite(blob, name, source);
  }
}

std::string FingerprintOf(const Weights& weights) {
  Sha256 hash;
  for (const auto& [name, blob] : weights) {
    hash.Update(name);
    hash.Update(std::string_view("\0", 1));  // so that "a" + "b..." is not "ab" + "..."
    const Shape& shape = blob.shape;
    Update(hash, std::array<std::uint64_t, 4>{shape.n, shape.c, shape.h, shape.w});
    hash.Update(blob.data);
  }
  return hash.HexDigest();
}

}  // namespace deeper
