#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/dataset.h"
#include "detector/heads/heads.h"
#include "detector/heads/svm.h"
#include "detector/regions/features.h"

namespace deeper {

// The regions of one training picture: the first `truth.size()` boxes are those of the annotations,
// in their order, the rest proposals.
struct TrainingImage {
  std::vector<Annotation> truth;
  RegionFeatures regions;
};

// Joins the picture's context, already scaled, behind the features of each of its regions, which
// become that much longer; `context` is empty afterwards. Nothing changes without one.
void JoinContext(RegionFeatures& regions);

// Which boxes of a training picture to extract: its annotations' boxes first, in their order, then
// at most max_proposals of the proposals, in theirs. Those that overlap an object (IoU >= 0.3 with
// any; for regression, and ignored by the SVMs) get up to half of the seats, and those that the
// others leave empty. Where there are more than seats, a sample is drawn that is even over the
// ranks, seeded by `seed` and the picture's id.
std::vector<Box> SampleTrainingBoxes(const AnnotatedImage& image,
                                     const std::vector<Box>& proposals,
                                     std::size_t max_proposals,
                                     std::uint64_t seed);

// Girshick et al. 2014, section 2.3 and rcnn_train.m.
struct SvmTrainingOptions {
  SvmOptions svm = {};
  // Boxes below this IoU with every object of the class are negatives: proposals, and as in R-CNN
  // the annotations of other classes.
  double negative_max_iou = 0.3;
  double hard_margin = -1.0001;  // negatives above are added to the cache
  double evict_margin = -1.2;    // cached negatives below are evicted after a retraining
  // New negatives between retrainings; the first training has as many.
  std::size_t retrain_after = 2000;
  int passes = 1;  // over the pictures
  // The classes to train, a row of the result each; empty: all. Those of one do not depend on which
  // others are trained.
  std::vector<ClassId> only = {};
  void Validate() const;
};

// Called now and then with the work done and the whole work, in pictures x classes x passes. One
// call at a time, from any thread. What it throws stops the training and reaches the caller.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

// One SVM a class with hard-negative mining: the first training has the positives and all negatives
// of the first pictures; then every picture is searched for hard ones, and the last training has
// all that the cache holds. Positives are the annotations' boxes alone (difficult ones are neither,
// and what overlaps them is no negative of their class). Features are scaled already. A class
// without positives gets a zero weight and a bias of -1. Classes are trained in parallel by
// `workers` threads; the result does not depend on their number. `progress` may be empty. Throws
// Error when there are no pictures.
LinearClassifiers TrainClassifiers(const std::vector<TrainingImage>& images,
                                   std::size_t class_count,
                                   const SvmTrainingOptions& options,
                                   int workers,
                                   const Progress& progress);

// Multinomial logistic regression over background and the classes.
struct SoftmaxTrainingOptions {
  // Weight of the loss against 1/2 |w|^2, biases among them; raising it fits closer.
  double c = 1e-3;
  double positive_weight = 1;  // of an object's example; background has 1
  // Proposals that overlap an object by at least this show it, as the objects' own boxes do.
  double positive_min_iou = 0.5;
  // Proposals below this with every object are background; those between are left out.
  double negative_max_iou = 0.5;
  int max_steps = 200;  // of L-BFGS, each over all regions; it stops before where it converges
  void Validate() const;
};

// The classifiers of least loss. Difficult objects and the proposals that overlap them most are
// left out, unless they are background. Features are scaled already. The result does not depend on
// `workers`. `progress` is called with steps done and their largest number; it may be empty. Throws
// Error when there are no pictures.
LinearClassifiers TrainSoftmax(const std::vector<TrainingImage>& images,
                               std::size_t class_count,
                               const SoftmaxTrainingOptions& options,
                               int workers,
                               const Progress& progress);

// Expects features of one length, one row a box, the annotations' boxes first, and annotations of
// known classes: what all training asks of its pictures. Expects at least one picture.
void ExpectTrainable(const std::vector<TrainingImage>& images, std::size_t class_count);

// What of a training picture box regression learns from: its objects, and proposals near them with
// their unit profiles.
struct BoxTrainingImage {
  std::vector<Annotation> truth;
  RegionFeatures proposals;
};

// The proposals that box regression learns from: those that overlap the object that they overlap
// most by more than min_iou, unless that one is difficult; at most `count`, even over their order.
std::vector<Box> SampleBoxesToMove(const AnnotatedImage& image,
                                   const std::vector<Box>& proposals,
                                   double min_iou,
                                   std::size_t count);

// Girshick et al. 2014, appendix C.
struct BoxRegressionTrainingOptions {
  double min_iou = 0.6;  // proposals paired with the object they overlap most, if by more than this
  double lambda = 25;    // ridge; larger moves boxes less
  // One regressor a class (R-CNN) instead of one for all. A class with fewer than 10 pairs gets the
  // one for all.
  bool per_class = false;
  void Validate() const;
};

// Ridge regression by conjugate gradients, over and over through all pairs of a proposal and its
// object. Proposals that overlap a difficult object most are left out. The result does not depend
// on `workers`. `progress` is called with steps done and their largest number; it may be empty.
// Throws Error when no proposal overlaps an object enough.
BoxRegression TrainBoxRegression(const std::vector<BoxTrainingImage>& images,
                                 std::size_t class_count,
                                 const BoxRegressionTrainingOptions& options,
                                 int workers,
                                 const Progress& progress);

}  // namespace deeper
