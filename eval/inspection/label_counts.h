#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/dataset.h"

namespace deeper {

// What makes a good box suspicious.
struct SuspicionOptions {
  double tiny_px = 8;     // a side below is tiny; at least 0
  double same_iou = 0.9;  // two boxes of a class that overlap by more are one drawn twice; 0 to 1

  // Throws OutOfRange naming the field, its value and its bound.
  void Validate() const;
};

// A box that looks like a mistake.
struct SuspiciousBox {
  std::size_t image = 0;       // position in the data set
  std::size_t annotation = 0;  // position in the picture
  bool tiny = false;
  bool twice = false;  // an earlier box of its class is nearly the same

  bool operator==(const SuspiciousBox&) const = default;
};

// In the order of the data set.
std::vector<SuspiciousBox> FindSuspiciousBoxes(const Dataset& dataset,
                                               const SuspicionOptions& options = {});

// What a data set has to teach a class with, and what looks like a mistake in its labels.
struct LabelCounts {
  std::string name;
  std::size_t objects = 0;   // difficult ones not counted
  std::size_t pictures = 0;  // that show one
  std::size_t tiny = 0;
  std::size_t twice = 0;

  bool operator==(const LabelCounts&) const = default;
};

// One entry per class, in the order of the data set.
std::vector<LabelCounts> CountLabels(const Dataset& dataset, const SuspicionOptions& options = {});

// The objects of all classes.
std::size_t CountObjects(const std::vector<LabelCounts>& labels);

}  // namespace deeper
