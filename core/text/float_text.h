#pragma once

#include <string>

namespace deeper {

// The shortest decimal text that gives back `value` when it is read as a double and rounded to
// float, as nearly every reader of JSON does. (Rounding twice goes wrong for the shortest text of
// one float alone, 7.038531e-26, which is written longer.) Expects a finite value.
std::string FloatText(float value);

// A score as people read it: two decimals, and no minus before what rounds to zero.
std::string ScoreText(float score);

}  // namespace deeper
