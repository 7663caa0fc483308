#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/dataset.h"

namespace deeper {

// Whether a picture is kept out of training for validation, if this fraction of the pictures is.
// Its name decides, so it stays held out when pictures come and go, and for everything that is
// trained.
bool IsHeldOut(std::string_view image_id, double fraction);

// Positions in Dataset::images, ascending.
struct SplitPositions {
  std::vector<std::size_t> training;
  std::vector<std::size_t> held_out;
};
SplitPositions SplitPositionsOf(const Dataset& dataset, double held_out_fraction);

// A data set's pictures: those to train on, and those kept for validation.
struct Split {
  Dataset training;
  Dataset held_out;
};
Split SplitOf(const Dataset& dataset, double held_out_fraction);

// The pictures at these positions, ascending.
Dataset SubsetOf(const Dataset& dataset, const std::vector<std::size_t>& positions);

// At most `count` items of a list, spread evenly over it.
template <typename Item>
std::vector<Item> EvenlyOver(const std::vector<Item>& list, std::size_t count) {
  if (list.size() <= count) return list;
  std::vector<Item> chosen;
  chosen.reserve(count);
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(list[i * list.size() / count]);
  return chosen;
}

}  // namespace deeper
