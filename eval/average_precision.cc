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

// AP = 1/n sum_t max_{j: r_j >= t} p_j over the n recalls t = 0, step, 2 step, ...; no detection
// reaches t: 0.
double AveragePrecisionAtPoints(const PrecisionRecallCurve& curve, int points, double step) {
  Expects(curve.precision.size() == curve.recall.size(), "one precision for each recall");
  const std::vector<double> envelope = MonotoneEnvelope(curve);
  double sum = 0;
  for (int i = 0; i < points; ++i) {
    const auto reached = std::lower_bound(curve.recall.begin(), curve.recall.end(), i * step);
    if (reached == curve.recall.end()) break;
    sum += envelope[static_cast<std::size_t>(reached - curve.recall.begin())];
  }
  return sum / points;
}

}  // namespace

// AP = sum_i (r_i - r_{i-1}) max_{j >= i} p_j, with r_{-1} = 0.
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
  return AveragePrecisionAtPoints(curve, 11, 0.1);
}

double AveragePrecisionAt101Points(const PrecisionRecallCurve& curve) {
  return AveragePrecisionAtPoints(curve, 101, 0.01);
}

}  // namespace deeper
