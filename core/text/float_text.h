#pragma once

#include <string>

namespace deeper {

// The shortest decimal text that reads as `value` when it is parsed as a double and rounded to
// float, as nearly every reader of JSON does. (Rounding twice fails for the shortest text of only
// one float, 7.038531e-26, so that one is written longer.) Expects a finite value.
std::string FloatText(float value);

// A score as people read it: two decimals, without a minus sign when it rounds to zero.
std::string ScoreText(float score);

}  // namespace deeper
