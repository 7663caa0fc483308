#include "eval/inspection/picture_print.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <utility>

#include "core/error.h"

namespace deeper {
namespace {

constexpr int kCells = PicturePrint::kSide * PicturePrint::kSide;

int SumOf(const PicturePrint& print) {
  return std::accumulate(print.gray.begin(), print.gray.end(), 0);
}

constexpr int kMostDifference = 24;     // of a cell
constexpr int kMostMeanDifference = 4;  // of the means of all cells

// The mean square of the cells' differences that encoding and scaling make at most. They change a
// plain picture less than one full of detail, and two birds in a blue sky differ by no more.
constexpr double kMostMeanSquare = 16;
constexpr double kPlainMeanSquare = 0.5;
constexpr double kShareOfVariance = 0.015;

double VarianceOf(const PicturePrint& print) {
  const double mean = double(SumOf(print)) / kCells;
  double squares = 0;
  for (const std::uint8_t gray : print.gray) squares += (gray - mean) * (gray - mean);
  return squares / kCells;
}

}  // namespace

PicturePrint PrintOf(const Image& image, int full_width, int full_height) {
  Expects(!image.IsEmpty() && full_width > 0 && full_height > 0, "a picture that is not empty");
  PicturePrint print;
  print.shape = double(full_width) / full_height;
  const Image small = ResizeImage(image, PicturePrint::kSide, PicturePrint::kSide);
  for (std::size_t i = 0; i < print.gray.size(); ++i) {
    const std::uint8_t* bgr = small.bgr.data() + 3 * i;
    // ITU-R BT.601
    print.gray.at(i) =
        static_cast<std::uint8_t>(std::lround(0.114 * bgr[0] + 0.587 * bgr[1] + 0.299 * bgr[2]));
  }
  return print;
}

bool AreOfOnePicture(const PicturePrint& a, const PicturePrint& b) {
  constexpr double kShapeTolerance = 0.03;
  if (std::abs(a.shape - b.shape) > kShapeTolerance * b.shape) return false;
  int squares = 0;
  for (std::size_t i = 0; i < a.gray.size(); ++i) {
    const int difference = int{a.gray[i]} - int{b.gray[i]};
    if (std::abs(difference) > kMostDifference) return false;
    squares += difference * difference;
  }
  if (squares > kMostMeanSquare * kCells) return false;
  const double variance = std::min(VarianceOf(a), VarianceOf(b));
  return squares <= (kPlainMeanSquare + kShareOfVariance * variance) * kCells;
}

std::vector<std::size_t> GroupSamePrints(const std::vector<PicturePrint>& prints) {
  std::vector<std::size_t> group(prints.size());
  // The first prints of groups by their sum, so that a print is compared with those alone whose
  // mean is near.
  std::multimap<int, std::size_t> firsts;
  constexpr int kNear = kMostMeanDifference * kCells;
  for (std::size_t i = 0; i < prints.size(); ++i) {
    const int sum = SumOf(prints[i]);
    group[i] = i;
    const auto end = firsts.upper_bound(sum + kNear);
    for (auto first = firsts.lower_bound(sum - kNear); first != end; ++first) {
      if (first->second < group[i] && AreOfOnePicture(prints[first->second], prints[i]))
        group[i] = first->second;
    }
    if (group[i] == i) firsts.emplace(sum, i);
  }
  return group;
}

}  // namespace deeper
