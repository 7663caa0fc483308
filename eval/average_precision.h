#pragma once

#include <vector>

namespace deeper {

// Precision and recall after each detection of a class that counts, by descending score. Recall
// never decreases.
struct PrecisionRecallCurve {
  std::vector<float> score;
  std::vector<double> precision;
  std::vector<double> recall;

  bool operator==(const PrecisionRecallCurve&) const = default;
};

// Area under the monotone envelope of the curve (VOC 2010+, ILSVRC); 0 for an empty curve.
double AveragePrecisionByArea(const PrecisionRecallCurve& curve);
// Mean of the best precision at recall >= 0, 0.1, ..., 1 (VOC 2007); 0 for an empty curve. Point i
// is reached where
//   found * 10 >= i * objects
// in whole numbers: i / 10.0 and found / objects are both the double next to their fraction, and
// different fractions of fewer than 10^14 objects have different ones. The devkit's MATLAB counts
// 0:0.1:1 by multiples of 0.1, of which 3 * 0.1 lies just above 3/10, so that 3 of 10 miss a point;
// its ports to Python miss those of 6 of 10 and 7 of 10 too.
double AveragePrecisionAt11Points(const PrecisionRecallCurve& curve);
// Mean of the best precision at recall >= 0, 0.01, ..., 1 (COCO); 0 for an empty curve. Scores are
// not read. The recalls are pycocotools' doubles i * 0.01, to the last bit, since that program is
// what COCO's numbers are made with: those of 35, 41, 47, 57, 69, 70, 82, 83, 94 and 95 lie just
// above i/100, which is then not reached by exactly so many.
double AveragePrecisionAt101Points(const PrecisionRecallCurve& curve);

}  // namespace deeper
