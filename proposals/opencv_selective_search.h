#pragma once

#include <vector>

#include "core/image.h"
#include "core/random.h"
#include "proposals/proposal_ranking.h"
#include "proposals/selective_search.h"

namespace deeper {

// Boxes that cv::ximgproc's Selective Search finds in a picture that is already resized. The
// options decide its preset: "quality" for more than two colour spaces, else "fast". Its k start at
// 3 x the smallest of ours (150 for k 50, 300 for k 100) in steps of 150.
//
// Its own order is random and differs from call to call, so the boxes get new keys. Larger boxes
// stand for later merges: a key is the position by area (largest = 1, ties by coordinates) times a
// random number. Deterministic, safe from several threads.
std::vector<KeyedBox> OpenCvSelectiveSearch(const Image& resized,
                                            const SelectiveSearchOptions& options,
                                            Random& random);

}  // namespace deeper
