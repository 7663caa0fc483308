#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// What a data set has to teach a class with, and what in its labels looks like a mistake.
struct LabelCounts {
  std::string name;
  std::size_t objects = 0;   // difficult ones not counted
  std::size_t pictures = 0;  // that show one
  std::size_t tiny = 0;      // boxes with a side below 8 pixels
  std::size_t twice = 0;     // boxes that overlap another of the class by IoU > 0.9

  bool operator==(const LabelCounts&) const = default;
};

// One entry a class, in the order of the data set.
std::vector<LabelCounts> CountLabels(const Dataset& dataset);

// "deeper train all": from an annotated data set to a detector: labels looked over, the network
// fine-tuned, quantized, classifiers of both kinds and box regression trained, the better kept and
// calibrated.
TrainingOutcome TrainAll(const Arguments& words);

}  // namespace deeper::tools
