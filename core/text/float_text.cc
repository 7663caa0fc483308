#include "core/text/float_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "core/error.h"

namespace deeper {

std::string FloatText(float value) {
  Expects(std::isfinite(value), "a number to write is finite");
  std::string text = fmt::format("{}", value);
  double read = 0;
  std::from_chars(text.data(), text.data() + text.size(), read);
  return static_cast<float>(read) == value ? text : fmt::format("{}", double{value});
}

std::string ScoreText(float score) {
  std::string text = fmt::format("{:.2f}", score);
  return text == "-0.00" ? "0.00" : text;
}

}  // namespace deeper
