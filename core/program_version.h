#pragma once

#include <string>

namespace deeper {

// Raised with every change after which the same input and options give other results: proposals,
// features, scores, boxes or learned weights. Results of different numbers are not mixed.
inline constexpr int kResultsVersion = 2;

// "0.1.0"
std::string ProgramVersion();

// The program as far as results depend on it: what is kept on the disk to go on from, or to be
// joined, names it. "deeper 0.1.0, results 2"
std::string ResultsVersionText();

}  // namespace deeper
