#pragma once

#include <string>

#include "core/box.h"

namespace deeper {

// The files of VOC and ILSVRC count pixels from 1 and include the last one. Only their readers and
// writers know of it. Overlaps of the half-open boxes equal those of the devkits, which add 1.

// Returns the box with
//   x0 = xmin - 1, x1 = xmax, likewise y.
// The subtraction is done before rounding to float. Coordinates beyond a billion pixels are moved
// to a billion.
Box BoxOfOneBased(double xmin, double ymin, double xmax, double ymax);

// "<xmin> <ymin> <xmax> <ymax>": the shortest text from which BoxOfOneBased returns exactly `box`.
// A coordinate nearer to 0 than 2^-28 pixels may become 0. Expects finite coordinates.
std::string OneBasedText(const Box& box);

}  // namespace deeper
