#pragma once

#include <vector>

#include "core/image.h"
#include "core/random.h"
#include "proposals/proposal_ranking.h"
#include "proposals/selective_search.h"

namespace deeper {

// Boxes of cv::ximgproc's Selective Search of a picture that is already resized. Which of its
// presets runs follows from the options: "quality" for more than two colour spaces, else "fast";
// its k start at 3 x the smallest of ours (150 for k 50, 300 for k 100) in steps of 150. Its own
// order is random in a way that differs from call to call, so the boxes are keyed anew: larger ones
// stand for later merges, and the position by area, largest = 1, ties by coordinates, times a
// random number is the key. Deterministic, safe from several threads.
std::vector<KeyedBox> OpenCvSelectiveSearch(const Image& resized,
                                            const SelectiveSearchOptions& options,
                                            Random& random);

}  // namespace deeper
