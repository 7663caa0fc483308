#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/dataset.h"

namespace deeper {

// What a warning is about, where programs tell faults apart.
enum class WarningKind {
  kOther,
  kEmptyBox,           // its sides are swapped, or there is nothing between them
  kBoxOutside,         // of its picture
  kBoxBeyond,          // reaches more than a pixel beyond its picture
  kUnreadablePicture,  // a file that is no picture that can be read
  kMissingPicture,     // an annotation or a name in a list without a picture
  kMissingAnnotation,  // a picture without
};

// A fault that a reader found in files, for the report: the file or the place in it, and the
// reason. Equal faults have equal reasons, so that they can be counted.
struct Warning {
  std::string where;
  std::string reason;
  bool loses = true;  // something was left out; else something was taken in a way to know of
  WarningKind kind = WarningKind::kOther;

  bool operator==(const Warning&) const = default;
};

// The part of a data set that could be read.
struct ReadDataset {
  Dataset dataset;
  std::vector<Warning> warnings;  // one per object or file that was left out, or fault that was not
  // Ids of pictures whose annotations could not be read at all; they are not in `dataset`.
  std::vector<std::string> unreadable_images;
  std::size_t outlines =
      0;  // objects with a polygon or mask in the files, of which the box is kept
};

}  // namespace deeper
