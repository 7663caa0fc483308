#include "eval/formats/reading/one_based.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/error.h"
#include "core/text/float_text.h"

namespace deeper {
namespace {

float InReach(double pixels) { return static_cast<float>(std::clamp(pixels, -1e9, 1e9)); }

// Adding 1 to a float below 1 may need more digits than a float has. Then the digits of a double
// are written.
std::string LowerEdgeText(float zero_based) {
  Expects(std::isfinite(zero_based), "a box to write has finite coordinates");
  const double one_based = double{zero_based} + 1;
  const std::string text = fmt::format("{}", static_cast<float>(one_based));
  double read = 0;
  std::from_chars(text.data(), text.data() + text.size(), read);
  return static_cast<float>(read - 1) == zero_based ? text : fmt::format("{}", one_based);
}

}  // namespace

Box BoxOfOneBased(double xmin, double ymin, double xmax, double ymax) {
  return {
      .x0 = InReach(xmin - 1), .y0 = InReach(ymin - 1), .x1 = InReach(xmax), .y1 = InReach(ymax)};
}

std::string OneBasedText(const Box& box) {
  return fmt::format("{} {} {} {}",
                     LowerEdgeText(box.x0),
                     LowerEdgeText(box.y0),
                     FloatText(box.x1),
                     FloatText(box.y1));
}

}  // namespace deeper
