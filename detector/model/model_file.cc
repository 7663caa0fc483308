#include "detector/model/model_file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "backbone/files/safetensors.h"
#include "backbone/files/stored_floats.h"
#include "backbone/googlenet.h"
#include "backbone/network.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/remedy.h"
#include "detector/model/model_json.h"
#include "detector/multibox/multibox_file.h"

namespace deeper {
namespace {

constexpr std::string_view kBackbonePrefix = "backbone/";
const std::string kClassifierWeight = "classifiers/weight";
const std::string kClassifierBias = "classifiers/bias";
const std::string kBoxWeight = "box_regression/weight";
const std::string kRankerWeight = "ranker/weight";
const std::string kRankerBias = "ranker/bias";
const std::string kRankerOffsetWeight = "ranker/offsets/weight";
const std::string kRankerOffsetBias = "ranker/offsets/bias";
const std::string kDescriptionKey = "deeper";
const std::string kDigestKey = "sha256";
const std::string kFingerprintKey =
    "fingerprint";  // present where the backbone is, as in its own files

void Require(bool condition, const std::string& source, const std::string& what) {
  if (!condition) throw Error(source + ": " + what);
}

void RequireFinite(std::span<const float> values,
                   const std::string& source,
                   const std::string& name) {
  Require(std::ranges::all_of(values, [](float v) { return std::isfinite(v); }),
          source,
          "'" + name + "' has a value that is not finite; the file is damaged");
}

void CheckHeads(const Model& model, const std::string& source) {
  const LinearClassifiers& classifiers = model.classifiers;
  const std::size_t classes = model.classes.Size();
  const bool has_background = classifiers.kind == ClassifierKind::kSoftmax;
  const std::size_t rows = classes + (has_background ? 1 : 0);
  Require(classifiers.biases.size() == rows,
          source,
          "'" + kClassifierBias + "' has " + std::to_string(classifiers.biases.size()) +
              " values, expected " + std::to_string(rows) + ": the model names " +
              std::to_string(classes) + " classes" + (has_background ? ", and background" : ""));
  const std::size_t read = kFeatureDim * (model.context_weight > 0 ? 2 : 1);
  Require(classifiers.feature_dim == read,
          source,
          "'" + kClassifierWeight + "' is for features of " +
              std::to_string(classifiers.feature_dim) + " values, expected " +
              std::to_string(read));
  Require(classifiers.weights.size() == rows * read,
          source,
          "'" + kClassifierWeight + "' has " + std::to_string(classifiers.weights.size()) +
              " values, expected " + std::to_string(rows * read));
  RequireFinite(classifiers.weights, source, kClassifierWeight);
  RequireFinite(classifiers.biases, source, kClassifierBias);
  if (!model.box_regression) return;

  const BoxRegression& boxes = *model.box_regression;
  Require(boxes.feature_dim == kProfileDim || boxes.feature_dim == kFeatureDim,
          source,
          "'" + kBoxWeight + "' is for " + std::to_string(boxes.feature_dim) +
              " values, expected " + std::to_string(kProfileDim) + " or " +
              std::to_string(kFeatureDim));
  const std::size_t columns = boxes.feature_dim + 1;
  const std::size_t regressors = boxes.RegressorCount();
  Require((regressors == 1 || regressors == classes) &&
              boxes.weights.size() == regressors * 4 * columns,
          source,
          "'" + kBoxWeight + "' has " + std::to_string(boxes.weights.size()) +
              " values, expected 4 x " + std::to_string(columns) + " once or for each of " +
              std::to_string(classes) + " classes");
  RequireFinite(boxes.weights, source, kBoxWeight);
}

void CheckRanker(const Model& model, const std::string& source) {
  Require(model.max_regions >= 1, source, "max_regions must be at least 1");
  if (!model.ranker) return;
  Require(model.picture_scale.has_value(),
          source,
          "has a ranker of regions, but no picture_scale: its regions are crops");
  const std::size_t expected =
      RegionRanker::kPartCount * OutputShape(TrunkLayers(kInputSize).back()).c;
  Require(model.ranker->weights.size() == expected,
          source,
          "'" + kRankerWeight + "' has " + std::to_string(model.ranker->weights.size()) +
              " values, expected " + std::to_string(expected));
  const std::size_t offsets = model.ranker->offset_weights.size();
  Require(offsets == 0 || offsets == RegionRanker::kOffsets * expected,
          source,
          "'" + kRankerOffsetWeight + "' has " + std::to_string(offsets) + " values, expected " +
              std::to_string(RegionRanker::kOffsets * expected));
  RequireFinite(model.ranker->weights, source, kRankerWeight);
  RequireFinite(model.ranker->offset_weights, source, kRankerOffsetWeight);
  RequireFinite(model.ranker->offset_biases, source, kRankerOffsetBias);
  Require(std::isfinite(model.ranker->bias), source, "'" + kRankerBias + "' must be finite");
}

void CheckCalibration(const Calibration& calibration,
                      std::size_t classes,
                      const std::string& source) {
  Require(calibration.curves.size() == classes && calibration.operating_points.size() == classes,
          source,
          "calibration has " + std::to_string(calibration.curves.size()) + " curves and " +
              std::to_string(calibration.operating_points.size()) +
              " operating points, but the model names " + std::to_string(classes) + " classes");
  for (const auto& [slope, offset] : calibration.curves) {
    Require(std::isfinite(slope) && slope >= 0 && std::isfinite(offset),
            source,
            "calibration.curves has a slope that is not a finite number from 0 up, or an offset "
            "that is not finite");
  }
  for (const double point : calibration.operating_points) {
    Require(point >= 0 && point <= 1, source, "calibration.operating_points must be 0 to 1");
  }
}

void CheckOptions(const Model& model, const std::string& source) {
  std::vector<std::string> names;
  for (const ClassInfo& info : model.classes.classes) names.push_back(info.name);
  try {
    ClassTableOf(names);  // for its check that names are there once
    model.crop.Validate();
    if (model.picture_scale) model.picture_scale->Validate();
    model.proposals.Validate();
    model.nms.Validate();
  } catch (const Error& error) {
    throw Error(source + ": " + error.what());
  }
  Require(!names.empty(), source, "names no classes, expected at least one");
  Require(model.crop.size_px == static_cast<int>(kCropSide),
          source,
          "crop.size_px is " + std::to_string(model.crop.size_px) + ", but the network takes " +
              std::to_string(kCropSide));
  if (model.quantization) {
    ValidateQuantization(*model.quantization, source);
    if (model.quantization->mean_bgr != model.crop.mean_bgr) {
      throw ErrorWithRemedy(
          source + ": quantization.mean_bgr is not crop.mean_bgr; measure the network again",
          Remedy::kMeasureQuantization);
    }
  }
  Require(model.scaling.target_norm > 0 && std::isfinite(model.scaling.target_norm) &&
              model.scaling.mean_norm > 0 && std::isfinite(model.scaling.mean_norm),
          source,
          "scaling.target_norm and scaling.mean_norm must be above 0");
  Require(model.context_weight >= 0 && std::isfinite(model.context_weight),
          source,
          "context_weight must be a finite number from 0 up");
  Require(std::isfinite(model.min_score), source, "min_score must be a finite number");
}

void CheckBackbone(const Model& model, const std::string& source) {
  const std::string& fingerprint = model.backbone_fingerprint;
  const bool is_digest = fingerprint.size() == 64 &&
                         fingerprint.find_first_not_of("0123456789abcdef") == std::string::npos;
  Require(is_digest,
          source,
          "backbone.fingerprint is '" + fingerprint + "', expected 64 hexadecimal digits");
  if (!model.backbone) return;
  ValidateGoogLeNetWeights(*model.backbone, source);
  const std::string found = FingerprintOf(*model.backbone);
  Require(found == fingerprint,
          source,
          "its backbone has fingerprint " + found + ", but the model names " + fingerprint);
}

// What LoadModel promises and SaveModel needs.
void CheckModel(const Model& model, const std::string& source) {
  CheckOptions(model, source);
  CheckHeads(model, source);
  CheckRanker(model, source);
  if (model.calibration) CheckCalibration(*model.calibration, model.classes.Size(), source);
  CheckBackbone(model, source);
  if (model.multibox) ValidateMultiBox(*model.multibox, source);
}

std::map<std::string, StoredTensor> TensorsOf(const Model& model) {
  std::map<std::string, StoredTensor> tensors;
  const LinearClassifiers& classifiers = model.classifiers;
  tensors[kClassifierWeight] =
      StoreFloats(classifiers.weights, {classifiers.biases.size(), classifiers.feature_dim});
  tensors[kClassifierBias] = StoreFloats(classifiers.biases, {classifiers.biases.size()});
  if (model.box_regression) {
    const BoxRegression& boxes = *model.box_regression;
    tensors[kBoxWeight] =
        StoreFloats(boxes.weights, {boxes.RegressorCount(), 4, boxes.feature_dim + 1});
  }
  if (model.ranker) {
    const RegionRanker& ranker = *model.ranker;
    const std::size_t parts = RegionRanker::kPartCount;
    const std::size_t channels = ranker.weights.size() / parts;
    tensors[kRankerWeight] = StoreFloats(ranker.weights, {parts, channels});
    tensors[kRankerBias] = StoreFloats(std::span(&ranker.bias, 1), {1});
    if (ranker.Proposes()) {
      tensors[kRankerOffsetWeight] =
          StoreFloats(ranker.offset_weights, {RegionRanker::kOffsets * parts, channels});
      tensors[kRankerOffsetBias] = StoreFloats(ranker.offset_biases, {RegionRanker::kOffsets});
    }
  }
  if (model.backbone) {
    const bool is_bf16 = std::ranges::all_of(
        *model.backbone, [](const auto& item) { return FitsBf16(item.second); });
    const DType dtype = is_bf16 ? DType::kBf16 : DType::kF32;
    for (const auto& [name, tensor] : *model.backbone) {
      tensors[std::string(kBackbonePrefix) + name] = StoreTensor(tensor, dtype);
    }
  }
  if (model.multibox) tensors.merge(TensorsOf(*model.multibox, model.backbone.value_or(Weights())));
  return tensors;
}

// SHA-256 of the description and of every tensor's name, type, sizes and bytes, in the order of the
// names.
std::string DigestOf(const std::string& description,
                     const std::map<std::string, StoredTensor>& tensors) {
  constexpr std::string_view kEnd("\0", 1);
  Sha256 hash;
  hash.Update(description);
  hash.Update(kEnd);
  for (const auto& [name, tensor] : tensors) {
    std::string line = name + " " + NameOf(tensor.dtype);
    for (const std::uint64_t size : tensor.shape) line.append(" ").append(std::to_string(size));
    hash.Update(line);
    hash.Update(kEnd);
    hash.Update(tensor.bytes);
  }
  return hash.HexDigest();
}

const std::string& MetadataAt(const Safetensors& content,
                              const std::string& key,
                              const std::string& source) {
  const auto found = content.metadata.find(key);
  Require(found != content.metadata.end(),
          source,
          "has no '" + key + "' in its metadata; it is no detector's file");
  return found->second;
}

// Removes the tensor `name` from `tensors` and returns it. Its dimensions are `rank`.
StoredTensor Take(std::map<std::string, StoredTensor>& tensors,
                  const std::string& name,
                  std::size_t rank,
                  const std::string& source) {
  auto node = tensors.extract(name);
  Require(!node.empty(), source, "tensor '" + name + "' is missing");
  Require(node.mapped().shape.size() == rank,
          source,
          "tensor '" + name + "' has " + std::to_string(node.mapped().shape.size()) +
              " dimensions, expected " + std::to_string(rank));
  return std::move(node.mapped());
}

LinearClassifiers TakeClassifiers(std::map<std::string, StoredTensor>& tensors,
                                  ClassifierKind kind,
                                  const std::string& source) {
  const StoredTensor weight = Take(tensors, kClassifierWeight, 2, source);
  const StoredTensor bias = Take(tensors, kClassifierBias, 1, source);
  return {.kind = kind,
          .feature_dim = weight.shape[1],
          .weights = LoadFloats(weight, kClassifierWeight),
          .biases = LoadFloats(bias, kClassifierBias)};
}

BoxRegression TakeBoxRegression(std::map<std::string, StoredTensor>& tensors,
                                const std::string& source) {
  const StoredTensor weight = Take(tensors, kBoxWeight, 3, source);
  Require(weight.shape[1] == 4 && weight.shape[2] >= 1,
          source,
          "tensor '" + kBoxWeight + "' must be regressors x 4 x (features + 1)");
  return {.feature_dim = weight.shape[2] - 1, .weights = LoadFloats(weight, kBoxWeight)};
}

RegionRanker TakeRanker(std::map<std::string, StoredTensor>& tensors, const std::string& source) {
  const StoredTensor weight = Take(tensors, kRankerWeight, 2, source);
  const std::vector<float> bias = LoadFloats(Take(tensors, kRankerBias, 1, source), kRankerBias);
  Require(bias.size() == 1, source, "tensor '" + kRankerBias + "' must have one value");
  RegionRanker ranker = {.weights = LoadFloats(weight, kRankerWeight), .bias = bias.front()};
  if (!tensors.contains(kRankerOffsetWeight)) return ranker;
  ranker.offset_weights =
      LoadFloats(Take(tensors, kRankerOffsetWeight, 2, source), kRankerOffsetWeight);
  const std::vector<float> biases =
      LoadFloats(Take(tensors, kRankerOffsetBias, 1, source), kRankerOffsetBias);
  Require(biases.size() == RegionRanker::kOffsets,
          source,
          "tensor '" + kRankerOffsetBias + "' must have " + std::to_string(RegionRanker::kOffsets) +
              " values");
  std::ranges::copy(biases, ranker.offset_biases.begin());
  return ranker;
}

// After the heads were taken, the rest is the backbone, or nothing.
std::optional<Weights> TakeBackbone(const std::map<std::string, StoredTensor>& tensors,
                                    const std::string& source) {
  if (tensors.empty()) return std::nullopt;
  Weights weights;
  for (const auto& [name, stored] : tensors) {
    Require(name.starts_with(kBackbonePrefix), source, "tensor '" + name + "' is unknown");
    weights.emplace(name.substr(kBackbonePrefix.size()), LoadTensor(stored, name));
  }
  return weights;
}

}  // namespace

Model LoadModel(const std::filesystem::path& path) {
  const std::string source = path.string();
  Safetensors content = ReadSafetensors(path);
  const std::string& description = MetadataAt(content, kDescriptionKey, source);
  Model model = ModelFromJsonText(description, source);
  const std::string digest = DigestOf(description, content.tensors);
  Require(digest == MetadataAt(content, kDigestKey, source),
          source,
          "its content has SHA-256 " + digest + ", but the file says " +
              MetadataAt(content, kDigestKey, source) + "; it is damaged");
  try {
    model.classifiers = TakeClassifiers(content.tensors, model.classifiers.kind, source);
    if (content.tensors.contains(kBoxWeight)) {
      model.box_regression = TakeBoxRegression(content.tensors, source);
    }
    if (content.tensors.contains(kRankerWeight)) model.ranker = TakeRanker(content.tensors, source);
    const std::map<std::string, StoredTensor> multibox = ExtractMultiBox(content.tensors);
    model.backbone = TakeBackbone(content.tensors, source);
    if (!multibox.empty())
      model.multibox = MultiBoxFrom(multibox, model.backbone.value_or(Weights()), source);
  } catch (const Error& error) {
    const std::string what = error.what();
    throw Error(what.starts_with(source) ? what : source + ": " + what);
  }
  CheckModel(model, source);
  return model;
}

void SaveModel(const Model& model, const std::filesystem::path& path) {
  const std::string source = path.string();
  CheckModel(model, source);
  const std::string description = JsonTextOf(model, source);
  Safetensors content{.tensors = TensorsOf(model), .metadata = {}};
  content.metadata[kDescriptionKey] = description;
  content.metadata[kDigestKey] = DigestOf(description, content.tensors);
  if (model.backbone) content.metadata[kFingerprintKey] = model.backbone_fingerprint;
  WriteSafetensors(content, path);
}

MultiBox LoadMultiBox(const std::filesystem::path& path) {
  if (!ReadSafetensorsMetadata(path).contains(kDescriptionKey)) return ReadMultiBoxFile(path);
  Model model = LoadModel(path);
  if (model.multibox) return *std::move(model.multibox);
  throw ErrorWithRemedy(path.string() + ": the model has no MultiBox; train one",
                        Remedy::kTrainMultiBox);
}

}  // namespace deeper
