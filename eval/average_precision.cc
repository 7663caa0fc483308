#include "eval/average_precision.h"

#include <algorithm>
#include <cstddef>

#include "core/error.h"

namespace deeper {
namespace {

constexpr int kRecallPoints = 11;

// The best precision at this recall or a higher one.
std::vector<double> MonotoneEnvelope(const PrecisionRecallCurve& curve) {
  std::vector<double> envelope = curve.precision;
  for (std::size_t i = envelope.size(); i-- > 1;) {
    envelope[i - 1] = std::max(envelope[i - 1], envelope[i]);
  }
  return envelope;
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

// AP = 1/11 sum_t max_{j: r_j >= t} p_j; no detection reaches t: 0.
double AveragePrecisionAt11Points(const PrecisionRecallCurve& curve) {
  Expects(curve.precision.size() == curve.recall.size(), "one precision for each recall");
  const std::vector<double> envelope = MonotoneEnvelope(curve);
  double sum = 0;
  for (int i = 0; i < kRecallPoints; ++i) {
    const auto reached = std::lower_bound(curve.recall.begin(), curve.recall.end(), i * 0.1);
    if (reached == curve.recall.end()) break;
    sum += envelope[static_cast<std::size_t>(reached - curve.recall.begin())];
  }
  return sum / kRecallPoints;
}

}  // namespace deeper
