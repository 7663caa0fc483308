#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset.h"

namespace deeper {

// Data sets with fewer pictures are split by classes, larger ones by the pictures' names.
inline constexpr std::size_t kSmallDataset = 200;

// Which pictures of a data set are kept out of training for validation: the same for everything
// that is trained on it. Safe from several threads.
//
// Of a large data set about this fraction, 0 to 1: each picture's name decides, so it stays held
// out when pictures come and go. Of a small one the rounded fraction, and so many more that each
// class with three pictures or more has one among them, as far as each class keeps two pictures to
// train on; names break ties. None of a fraction of 0.
class Holdout {
 public:
  Holdout() = default;  // of no picture
  Holdout(const Dataset& dataset, double fraction);

  bool Contains(std::string_view image_id) const;

 private:
  double fraction_ = 0;                                    // of a large data set
  std::optional<std::set<std::string, std::less<>>> ids_;  // of a small one
};

// "3 of 12 pictures are held out, to judge by; none of them shows a 'dog'", for people.
std::string HoldoutText(const Dataset& dataset, const Holdout& holdout);

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
