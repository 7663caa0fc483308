#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "backbone/precision.h"
#include "core/pictures/read_image.h"
#include "detector/heads/box_regression.h"
#include "detector/heads/heads.h"
#include "detector/heads/softmax_classifier.h"
#include "detector/heads/svm_classifiers.h"
#include "detector/multibox/multibox.h"
#include "detector/regions/crop.h"
#include "proposals/selective_search.h"

namespace deeper {

// Box voting, chosen on 100 held-out training pictures of VOC 2007: 41.0 mAP without, 45.4 at 0.5,
// 46.9 at 0.4.
inline constexpr double kVoteIou = 0.4;

// R-CNN's C is 1e-3 and its weight 2, for thousands of pictures. These are the best of a grid on
// 100 held-out training pictures of VOC 2007; docs/training.md has it.
inline constexpr SvmOptions kDetectorSvm = {.c = 2e-3, .positive_weight = 3};

// How the classifiers and the box regression of a detector are trained on the features of a network
// (Girshick et al. 2014, section 2.3 and appendix C).
struct HeadsOptions {
  // The kind that is best on held-out pictures is kept.
  std::vector<ClassifierKind> kinds = {ClassifierKind::kSvm, ClassifierKind::kSoftmax};
  std::filesystem::path cache =
      {};  // where features are kept; a stopped training continues from it
  std::string backbone_name = "GoogLeNet";          // what people call the network
  std::optional<MultiBox> multibox = std::nullopt;  // the detector gets it
  SelectiveSearchOptions proposals = DefaultProposals();
  std::size_t max_training_boxes = 0;  // proposals used of each training picture; 0 uses all
  CropMode crop = CropMode::kWarp;
  FeatureNorm norm = FeatureNorm::kUnit;
  // Weight of the whole picture's features, which the classifiers then read beside a region's, 0 to
  // 1000. 0: they do not read them.
  double context = 0;
  bool mirror = true;             // take each object's mirror image as a second positive
  ReadImageOptions reading = {};  // of pictures
  // Fraction of the pictures that is kept out of training, to choose and calibrate by; 0 to 0.9.
  double holdout = 0;
  SvmTrainingOptions svm = {.svm = kDetectorSvm};
  SoftmaxTrainingOptions softmax = {};
  bool box_regression = true;
  BoxRegressionTrainingOptions boxes = {};
  // The suppression. Nothing: with several kinds of classifiers, what suits the held-out pictures
  // best; else kVoteIou.
  std::optional<double> vote_iou = std::nullopt;    // 0 to 1
  std::optional<double> soft_sigma = std::nullopt;  // 0 to 1000; above 0 only for probabilities
  bool calibrate = false;       // make the scores probabilities, by the held-out pictures
  bool quantize = false;        // measure on training pictures what int8 needs, and use it
  bool self_contained = false;  // put the network, rounded to bf16, into the model
  // Of the features. Nothing: the fastest that the processor and the network have.
  std::optional<Precision> precision = std::nullopt;
  int workers = 1;  // threads; the result does not depend on their number

  bool Trains(ClassifierKind kind) const;
  // Kinds and suppressions are judged by held-out pictures, and the best is kept.
  bool Chooses() const { return kinds.size() > 1; }
  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

}  // namespace deeper
