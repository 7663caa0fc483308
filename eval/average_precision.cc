#include "eval/average_precision.h"

#include <algorithm>
#include <cstddef>

#include "core/error.h"

namespace deeper {
namespace {

// The best precision at this recall or a higher one.
std::vector<double> MonotoneEnvelope(const PrecisionRecallCurve& curve) {
  std::vector<double> envelope = curve.precision;
  for (std::size_t i = envelope.size(); i-- > 1;) {
    envelope[i - 1] = std::max(envelope[i - 1], envelope[i]);
  }
  return envelope;
}

// Over the recalls t = recall_of(0), recall_of(1), ..., n of them, which ascend:
//   AP = 1/n sum_t max_{j: r_j >= t} p_j,
// where the maximum is 0 if no detection reaches t.
template <typename RecallOf>
double AveragePrecisionAtPoints(const PrecisionRecallCurve& curve,
                                int points,
                                const RecallOf& recall_of) {
  Expects(curve.precision.size() == curve.recall.size(), "one precision for each recall");
  const std::vector<double> envelope = MonotoneEnvelope(curve);
  double sum = 0;
  for (int i = 0; i < points; ++i) {
    const auto reached = std::lower_bound(curve.recall.begin(), curve.recall.end(), recall_of(i));
    if (reached == curve.recall.end()) break;
    sum += envelope[static_cast<std::size_t>(reached - curve.recall.begin())];
  }
  return sum / points;
}

}  // namespace

// With r_{-1} = 0:
//   AP = sum_i (r_i - r_{i-1}) max_{j >= i} p_j.
double AveragePrecisionByArea(const PrecisionRecallCurve& curve) {
  Expects(curve.precision.size() == curve.recall.size(), "one precision for each recall");
  const std::vector<double> envelope = MonotoneEnvelope(curve);
  double area = 0;
  double recall_before = 0;
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    area += (curve.recall[i] - recall_before) * envelope[i];
    recall_before = curve.recall[i];
  }
  return area;
}

double AveragePrecisionAt11Points(const PrecisionRecallCurve& curve) {
  return AveragePrecisionAtPoints(curve, 11, [](int i) { return i / 10.0; });
}

double AveragePrecisionAt101Points(const PrecisionRecallCurve& curve) {
  return AveragePrecisionAtPoints(curve, 101, [](int i) { return i * 0.01; });
}

}  // namespace deeper
