#pragma once

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
#include "detector/regions/crop.h"
#include "detector/regions/picture_frame.h"
#include "detector/regions/region_ranker.h"
#include "detector/suppression/nms.h"
#include "proposals/selective_search.h"

namespace deeper {

// Everything learned, plus the options it was learned with. It is one safetensors file: tensors are
// the learned values, and "deeper" in __metadata__ is JSON of the rest. docs/model-file.md has the
// names.
struct Model {
  ClassTable classes;
  std::string backbone_fingerprint;  // of its backbone's weights, see FingerprintOf
  std::string backbone_name;         // for people: "BVLC GoogLeNet"
  std::optional<Weights> backbone;   // absent when the file names a backbone that lies elsewhere
  // What int8 needs, measured on crops of this kind; absent until 'deeper model quantize' measures
  // it.
  std::optional<Quantization> quantization;
  CropOptions crop;
  // How the whole picture is scaled, if a region's features are pooled from its map (Fast R-CNN)
  // instead of computed from a crop (R-CNN). Of `crop`, the mean is used then.
  std::optional<PictureScale> picture_scale;
  SelectiveSearchOptions proposals;
  // Chooses the regions of whole pictures that the network runs on, `max_regions` of them; without
  // it it runs on all.
  std::optional<RegionRanker> ranker;
  int max_regions = 300;
  FeatureScaling scaling;
  // Weight of the whole picture's features beside a region's, if the classifiers read both (2048
  // values). 0: they read only the region's.
  float context_weight = 0;
  LinearClassifiers classifiers;
  std::optional<Calibration> calibration;  // if present, scores are probabilities
  std::optional<BoxRegression> box_regression;
  std::optional<MultiBox> multibox;  // its boxes join those of Selective Search
  NmsOptions nms;
  // Detections below this, in the unit of the scores, are not written by default. SVM margins below
  // -1.3 come from next to no true object: on held-out VOC pictures, -1.5 gives the same mAP.
  float min_score = -1.3F;
  std::map<std::string, std::string>
      training;  // facts for people and the model card: data, counts, metrics, date

  bool operator==(const Model&) const = default;
};

}  // namespace deeper
