#pragma once

#include <boost/program_options.hpp>
#include <string>

#include "core/class_table.h"
#include "eval/drawing/draw.h"

namespace deeper::tools {

// Options of how boxes are drawn, shared by the verbs that draw them.
struct DrawingOptions {
  int line_width_px = 0;  // 0: by the picture's size
  std::string colours;    // "COLOUR", "NAME=COLOUR,..." or both

  void AddOptions(boost::program_options::options_description& group);
  void Check() const;  // throws UsageError
  // Throws UsageError for what is no colour, Error for a class that is not in the table.
  DrawingStyle StyleFor(const ClassTable& classes) const;
};

}  // namespace deeper::tools
