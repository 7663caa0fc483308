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
// Mean of the best precision at recall >= 0, 0.1, ..., 1 (VOC 2007); 0 for an empty curve. As in
// the devkit, the recalls are the doubles i * 0.1. The fourth, seventh and eighth lie just above
// 3/10, 6/10 and 7/10, so a recall of exactly 3/10 does not reach them.
double AveragePrecisionAt11Points(const PrecisionRecallCurve& curve);
// Mean of the best precision at recall >= 0, 0.01, ..., 1 (COCO); 0 for an empty curve. Scores are
// not read.
double AveragePrecisionAt101Points(const PrecisionRecallCurve& curve);

}  // namespace deeper
