#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backbone/execution/quantization.h"
#include "backbone/weights.h"
#include "core/class_table.h"
#include "detector/heads/calibration.h"
#include "detector/heads/heads.h"
#include "detector/multibox/multibox.h"
#include "detector/nms.h"
#include "detector/regions/crop.h"
#include "proposals/selective_search.h"

namespace deeper {

// Everything learned, plus the options it was learned with. One safetensors file: tensors are the
// learned values, "deeper" in __metadata__ is JSON of the rest. docs/model-file.md has the names.
struct Model {
  ClassTable classes;
  std::string backbone_fingerprint;  // of its backbone's weights, see FingerprintOf
  std::string backbone_name;         // for people: "BVLC GoogLeNet"
  std::optional<Weights> backbone;   // absent when the file names a backbone that lies elsewhere
  // What int8 needs, measured on crops of this kind; absent until 'deeper model quantize' did so.
  std::optional<Quantization> quantization;
  CropOptions crop;
  SelectiveSearchOptions proposals;
  FeatureScaling scaling;
  // Of the whole picture's features beside a region's, where the classifiers read both (2048
  // values); 0: they read the region's alone.
  float context_weight = 0;
  LinearClassifiers classifiers;
  std::optional<Calibration> calibration;  // scores are probabilities where it is there
  std::optional<BoxRegression> box_regression;
  std::optional<MultiBox> multibox;  // its boxes join those of Selective Search
  NmsOptions nms;
  // Detections below, in the unit of the scores, are not written by default. SVM margins below -1.3
  // hold next to no true object: on held-out VOC pictures, -1.5 gives the same mAP.
  float min_score = -1.3F;
  std::map<std::string, std::string>
      training;  // facts for people and the model card: data, counts, metrics, date

  bool operator==(const Model&) const = default;
};

// Throws Error naming the file and what is wrong; the values are checked against each other
// (dimensions, classes), and all of the file against its SHA-256.
Model LoadModel(const std::filesystem::path& path);

// Writes whole or not at all; the same model gives the same bytes. A backbone whose values all fit
// bf16 is stored in bf16, which loses nothing, else in f32; what a MultiBox has in common with a
// backbone beside it is stored once. Throws Error for a model that LoadModel would refuse.
void SaveModel(const Model& model, const std::filesystem::path& path);

// The backbone of a model: the file `explicit_path` (if given, only that), its own, or the file
// with its fingerprint among the .safetensors and .caffemodel of the model's directory and of the
// directories of $DEEPER_MODELS (colon-separated), in this order. Throws Error that lists what was
// looked at and says where to get BVLC GoogLeNet.
Weights FindBackbone(const Model& model,
                     const std::filesystem::path& model_path,
                     const std::optional<std::filesystem::path>& explicit_path);

}  // namespace deeper
