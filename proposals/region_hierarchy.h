#pragma once

#include <vector>

#include "proposals/graph_segmentation.h"
#include "proposals/grouping_features.h"
#include "proposals/selective_search.h"

namespace deeper {

// Two regions that touch; a < b.
struct RegionPair {
  int a = 0;
  int b = 0;

  auto operator<=>(const RegionPair&) const = default;
};

// Every pair of regions with two pixels that share a side; each once, ascending.
std::vector<RegionPair> FindNeighbours(const Segmentation& segmentation);

// Greedy grouping, Uijlings et al. 2013, Algorithm 1: the most similar neighbours merge until one
// region is left. Returns the box of each merged region in the order of the merges. There is one
// box less than there are regions, and the last covers the picture. Of equally similar pairs, the
// one made of older regions merges first. `neighbours` must connect all regions.
//
// The similarities:
//   colour, texture  intersection of the normalised histograms; a merged histogram is
//                    (|a| h_a + |b| h_b) / (|a| + |b|)
//   size             1 - (|a| + |b|) / |image|
//   fill             1 - (|box of both| - |a| - |b|) / |image|
std::vector<PixelBox> GrowHierarchy(const GroupingFeatures& features,
                                    const std::vector<RegionPair>& neighbours,
                                    const Similarities& similarities);

}  // namespace deeper
