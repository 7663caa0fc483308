#pragma once

#include <cstddef>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/drawing/draw.h"
#include "eval/evaluate.h"

namespace deeper {

// What a picture shows of an evaluation. Colours are Okabe and Ito's, which colour-blind people can
// tell apart; line styles serve those who see no colours.
//   found      green, solid            duplicate  sky blue, dashed
//   false      vermilion, dashed       missed     yellow, dotted
//   the object that was found: white, thin        ignored    grey, thin
struct PictureMarks {
  std::size_t image = 0;  // position in the data set
  std::size_t found = 0;
  std::size_t duplicate = 0;
  std::size_t false_positive = 0;
  std::size_t missed = 0;
  std::vector<Mark> marks;
};

// For each picture of the data set, what is found, wrong and missing in it. Detections below their
// class's entry in least_scores are left out, and what they found counts as missed. `detections`
// are aligned to `dataset`, and `evaluation` is of these two. Expects one least score per class.
std::vector<PictureMarks> MarkPictures(const Dataset& dataset,
                                       const DetectionSet& detections,
                                       const Evaluation& evaluation,
                                       const std::vector<float>& least_scores);

// Each class's best operating point (eval/analysis/breakdown.h); infinity if it has none.
std::vector<float> BestLeastScores(const Evaluation& evaluation);

}  // namespace deeper
