#pragma once

#include <boost/program_options.hpp>
#include <string>

#include "core/pictures/read_image.h"

namespace deeper::tools {

// How strangers' pictures are read, shared by the verbs that take them.
struct ReadingOptions {
  double max_megapixels = 100;  // 10^6 pixels; pictures with more are refused by their header
  bool lenient = false;         // see ReadImageOptions

  void AddOptions(boost::program_options::options_description& group);
  void Check() const;  // throws UsageError
  // Decoders' warnings go to stderr with the picture's name.
  ReadImageOptions ForReading() const;
  // Without warnings, for pictures that are read again and again.
  ReadImageOptions ForReadingAgain() const;
  // What the results of pictures depend on, as a line of a recipe (core/other_recipe.h).
  std::string Text() const;
};

}  // namespace deeper::tools
