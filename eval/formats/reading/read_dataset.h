#pragma once

#include <string>
#include <vector>

#include "core/dataset.h"

namespace deeper {

// What a reader found wrong in files and passed over, for the report: file or place in it, reason.
// Equal faults have equal reasons, so that they can be counted.
struct Warning {
  std::string where;
  std::string reason;

  bool operator==(const Warning&) const = default;
};

// A data set as far as its files are good.
struct ReadDataset {
  Dataset dataset;
  std::vector<Warning> warnings;  // one an object or file that was left out
  // Ids of pictures whose annotations could not be read at all; they are not in `dataset`.
  std::vector<std::string> unreadable_images;
};

}  // namespace deeper
