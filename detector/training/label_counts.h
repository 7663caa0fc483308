#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/dataset.h"

namespace deeper {

// What a data set has to teach a class with, and what looks like a mistake in its labels.
struct LabelCounts {
  std::string name;
  std::size_t objects = 0;   // difficult ones not counted
  std::size_t pictures = 0;  // that show one
  std::size_t tiny = 0;      // boxes with a side below 8 pixels
  std::size_t twice = 0;     // boxes that overlap another of the class by IoU > 0.9

  bool operator==(const LabelCounts&) const = default;
};

// One entry per class, in the order of the data set.
std::vector<LabelCounts> CountLabels(const Dataset& dataset);

// The objects of all classes.
std::size_t CountObjects(const std::vector<LabelCounts>& labels);

}  // namespace deeper
