#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backbone/weights.h"
#include "core/class_table.h"
#include "detector/crop.h"
#include "detector/heads.h"
#include "detector/nms.h"
#include "proposals/selective_search.h"

namespace deeper {

// Everything learned, plus the options it was learned with. One safetensors file: tensors are the learned
// values, "deeper" in __metadata__ is JSON of the rest. docs/model-file.md has the names.
struct Model {
  ClassTable classes;
  std::string backbone_fingerprint;  // of its backbone's weights, see FingerprintOf
  std::string backbone_name;         // for people: "BVLC GoogLeNet"
  std::optional<Weights> backbone;   // absent when the file names a backbone that lies elsewhere
  CropOptions crop;
  SelectiveSearchOptions proposals;
  FeatureScaling scaling;
  LinearClassifiers classifiers;
  std::optional<BoxRegression> box_regression;
  NmsOptions nms;
  float min_score = -1;                       // detections below are not written by default
  std::map<std::string, std::string> training;  // facts for people and the model card: data, counts, metrics, date

  bool operator==(const Model&) const = default;
};

// Throws Error naming the file and what is wrong; the values are checked against each other (dimensions, classes).
Model LoadModel(const std::filesystem::path& path);
void SaveModel(const Model& model, const std::filesystem::path& path);

// The backbone of a model: its own, or the file with its fingerprint among `explicit_path` (if given, only that), the
// model's directory, the directories of $DEEPER_MODELS (colon-separated) in this order. Throws Error that lists what
// was looked at and says where to get BVLC GoogLeNet.
Weights FindBackbone(const Model& model,
                     const std::filesystem::path& model_path,
                     const std::optional<std::filesystem::path>& explicit_path);

}  // namespace deeper
